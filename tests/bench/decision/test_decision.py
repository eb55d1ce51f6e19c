"""Before and after: sums worked by hand, rates of the user, nothing claimed that the pairs do not show."""

import csv
import json
import re
from pathlib import Path

import pytest

from bench.decision.effects import effect_of, effect_rows
from bench.decision.page import write_decision
from bench.decision.rates import DEFAULTS, NUMBERS, Rates, read_rates
from bench.reports.study import read_study
from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import InvalidInputError
from tests.bench.reports.town import build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "experiment")


def test_one_run_by_hand() -> None:
    """Half an hour with 5 h lost, 30 kg of fuel, 93 kg of CO2: per hour 10 h, 80 l and 186 kg."""
    row = {"begin_s": 0.0, "end_s": 1800.0, "measures": {"delay_total_h": 5.0, "fuel_kg": 30.0, "co2_kg": 93.0}}
    rates = Rates(time_per_h=10.0, occupancy=1.5, fuel_per_l=2.0, fuel_kg_per_l=0.75, co2_per_t=100.0)
    assert [effect_of(row, name, rates) for name in ("delay_h", "fuel_l", "co2_kg")] == [10.0, 80.0, 186.0]
    assert effect_of(row, "money", rates) == pytest.approx(10 * 1.5 * 10 + 80 * 2 + 0.186 * 100)


@pytest.mark.parametrize("row", [{}, {"begin_s": 0.0, "end_s": 0.0}, {"begin_s": 0.0, "end_s": 60.0, "measures": {}}])
def test_what_was_not_measured_is_no_effect(row: dict[str, object]) -> None:
    assert effect_of(row, "delay_h", DEFAULTS) is None
    assert effect_of(row, "money", DEFAULTS) is None


def test_the_change_of_control_is_paired(folder: Path) -> None:
    rows = [r for r in effect_rows(read_study(folder), DEFAULTS) if r.what == "control" and not r.condition]
    (lost,) = (r for r in rows if (r.scenario, r.effect) == ("town", "delay_h"))
    assert (lost.before_name, lost.after_name, lost.pairs) == ("fixed", "adaptive", 3)
    assert lost.difference == pytest.approx((-9 + 0.4) * 400 / 3600 * 3, abs=1e-3)  # a third of an hour is simulated
    assert lost.low < lost.difference < lost.high < 0 and lost.verdict == "better"
    (village,) = (r for r in rows if (r.scenario, r.effect) == ("village", "delay_h"))
    assert (village.pairs, village.left_out, village.verdict) == (2, 1, "not valid")


def test_a_closure_is_paired_with_the_open_street_under_every_controller(folder: Path) -> None:
    rows = [r for r in effect_rows(read_study(folder), DEFAULTS) if r.what == "closure" and r.effect == "delay_h"]
    assert [r.before_name for r in rows] == ["fixed, open", "actuated, open", "adaptive, open"]
    for row in rows:
        assert row.difference == pytest.approx(9.0 * 400 / 3600 * 3, abs=1e-3) and row.verdict == "worse"
        assert (row.closed, row.span_h) == (1, pytest.approx(1 / 3, abs=1e-5))


def test_the_page_tells_sums_and_assumptions_and_claims_nothing_without_pairs(folder: Path) -> None:
    page = write_decision(read_study(folder), DEFAULTS).read_text(encoding="utf-8")
    assert "town: <b>adaptive</b> instead of <b>fixed</b> saves about" in page and "EUR a year" in page
    assert "From 3 pairs only, a pilot." in page
    assert "village: <b>adaptive</b> instead of <b>fixed</b>: <span" in page and "no gain is claimed" in page
    assert (
        "town (20 % of the loops failed): <b>adaptive</b> instead of <b>fixed</b> <span" in page
        and ">costs</span>" in page
    )
    assert "What if it were closed" in page and "closed mid_0@25500-25800" in page
    closed = page[page.index("What if it were closed") : page.index("Rates and assumptions")]
    assert "in the 20 min simulated" in closed and "per year" not in closed, (
        "no street is closed a thousand hours a year"
    )
    assert page.count("assumption") > 5 and "EN 228" in page
    for name in NUMBERS:
        assert f"<code>{name}</code>" in page
    assert "http" not in page and not re.search(r"\bnan\b", page)
    with (folder / "tables" / "decision.csv").open(newline="") as stream:
        assert {row["effect"] for row in csv.DictReader(stream)} == {"delay_h", "fuel_l", "co2_kg", "money"}


def test_rates_of_the_user(tmp_path: Path) -> None:
    file = tmp_path / "rates.toml"
    file.write_text('currency = "CNY"\noccupancy = 1.4\n[time_per_h]\nvalue = 40\nsource = "city guide <2024>"\n')
    rates = read_rates(file)
    assert (rates.currency, rates.occupancy, rates.time_per_h) == ("CNY", 1.4, 40.0)
    assert rates.source("time_per_h") == "city guide <2024>"
    assert rates.source("occupancy") == "rates.toml, without a source"
    assert rates.fuel_per_l == DEFAULTS.fuel_per_l and "assumption" in rates.source("fuel_per_l")
    assert read_rates(None) == DEFAULTS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read"), ("x", "no TOML"), ("petrol = 2", "unknown rate 'petrol'"), ('occupancy = "many"', "needs a number"),
        ("occupancy = true", "needs a number"), ("[occupancy]\nsource = 'x'", "needs a number"),
        ("occupancy = -1", "0 or more"), ("occupancy = nan", "0 or more"), ("fuel_kg_per_l = 0", "0 or more"),
        ("hours_per_day = 25", "24 hours"), ("days_per_year = 400", "366 days"),
    ],
)  # fmt: skip
def test_rates_that_cannot_be_used_are_refused(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "rates.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InvalidInputError, match="rates") as caught:
        read_rates(file)
    assert words in str(caught.value)


def test_the_report_command_writes_every_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["bench", "report", str(folder), "--json"]) == 0
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert Path(document["report"]).is_file() and Path(document["decision"]).is_file()
    assert (document["runs"], document["invalid"], len(document["comparisons"])) == (42, 2, 9)
    assert "not drawn: town" in shown.err, "there are no trajectories among these files"
    assert call(["bench", "report", str(folder)]) == 0
    lines = capsys.readouterr().out
    assert "town: adaptive against fixed: better, −8.6 s/veh" in lines and "2 of 42 runs are not valid" in lines


@pytest.mark.parametrize("options", [["--baseline", "net"], ["--rates", "none.toml"]])
def test_the_report_command_refuses_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert call(["bench", "report", str(folder), *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1
    assert not (folder / "report.html").exists()
