"""The report of an experiment made of files alone: every drawing, every loss, nothing from elsewhere."""

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from bench.decision.page import write_decision
from bench.decision.rates import DEFAULTS
from bench.experiment import Task, task_of
from bench.reports import corridor, tuning
from bench.reports.report_page import write_report
from bench.reports.study import read_study
from bench.reports.tables import write_tables
from bench.tables import read_rows, write_rows
from signal_ctrl.domain.errors import InvalidInputError
from tests.bench import browser
from tests.bench.reports.town import BEGIN_S, build, tasks, trajectories, write_run
from tests.bench.test_report import Reader

PLOTS = (
    "n0-paired", "n0-delay", "n0-queue-0", "n0-queue-1", "n0-queue-2", "n0-artery-0", "n0-space-0", "n0-space-1",
    "n0-purdue-0", "n0-purdue-1", "n0-prediction-0", "n0-prediction-1", "n0-detail-map-0", "n0-detail-map-1", "n0-failure_rate",
    "n1-paired", "n1-delay", "n1-queue-0", "n1-purdue-0", "n1-purdue-1",
    "n1-prediction-0", "n1-prediction-1", "n1-detail-map-0", "n1-detail-map-1", "n1-scale",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(corridor, "read_trajectories", trajectories)
    return build(tmp_path / "experiment")


def report(folder: Path, **options: Any) -> str:
    study = read_study(folder, **options)
    tables, notices = write_tables(study)
    assert notices == ()
    return write_report(study, tables, notices).read_text(encoding="utf-8")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_page_is_well_formed_stands_alone_and_holds_every_plot(folder: Path) -> None:
    page = report(folder)
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert [drawing["id"] for drawing in reader.drawings] == list(PLOTS)
    assert all(f"{drawing['id']}-t" in reader.ids for drawing in reader.drawings)
    assert [target for target in reader.references if not target.startswith("#")] == ["data:,"]
    assert {target[1:] for target in reader.references if target.startswith("#")} <= set(reader.ids)
    assert "http" not in page and "@import" not in page and "url(" not in page
    assert not re.search(r"\bnan\b", page, re.IGNORECASE)


def test_the_verdict_comes_first_names_losses_and_invalid_runs(folder: Path) -> None:
    page = report(folder)
    assert page.index('id="verdict"') < page.index("<svg")
    assert "<b>adaptive</b> against <b>fixed</b>: less delay on town (−8.6 s/veh" in page
    assert '<span class="flag">more delay on town (+4.0 s/veh' in page
    assert '20 % of the loops failed: <span class="flag"><b>adaptive</b> has more delay or invalid runs on town' in page
    assert '<span class="flag">invalid runs on village' in page
    assert "2 of 42 runs are not valid or not there" in page
    assert "adaptive-loops-published-s3-d0-x1-f0</code>: 2 teleports" in page
    assert "actuated-loops-published-s2-d0-x1-f0</code>: it was not run" in page
    for words in (
        "a pilot",
        "change the drivers only",
        "nothing about other days",
        "abc123def456",
        "Noise of the seeds",
    ):
        assert words in page
    assert "&lt;odd &amp; long&gt;" in page and "<odd" not in page


def test_gridlock_and_what_ranks_say_are_told(folder: Path) -> None:
    """One seed that locks up the baseline makes the interval wide; every pair points the same way all the same."""
    write_run(folder, Task("town", "fixed", 3), delay_s_per_vehicle=700.0)
    page = report(folder)
    assert "stands over 300 s: <b>actuated</b> on town in 1 of 3 runs" in page
    assert "no evidence on the mean either way on town (less in 3 of 3 pairs, signed ranks p = 0.250)" in page
    (row,) = (
        r
        for r in table(folder, "verdict")
        if (r["scenario"], r["controller"], r["condition"]) == ("town", "actuated", "")
    )
    assert (row["gridlocked"], row["invalid"]) == ("1", "0")


def test_a_controller_with_an_invalid_run_is_never_the_best(folder: Path) -> None:
    report(folder)
    (row,) = (
        r
        for r in table(folder, "verdict")
        if (r["scenario"], r["controller"], r["condition"]) == ("village", "adaptive", "")
    )
    assert (row["valid"], row["invalid"], row["verdict"]) == ("2", "1", "not valid")
    block = re.search(r"rowgroup colspan=8>village</th>.*?</tbody>", report(folder))
    assert block is not None
    (best,) = re.findall(r'class="key s\d"></span>(\w+)</th><td data-name="delay \[s/veh\]" class=best', block.group())
    assert best == "fixed"


def test_the_tables_hold_what_the_runs_say(folder: Path) -> None:
    report(folder)
    pairs = [row for row in table(folder, "pairs") if row["controller"] == "adaptive" and row["scenario"] == "town"]
    assert {row["condition"] for row in pairs} == {"", "20 % of the loops failed", "closed: mid_0@25500-25800"}
    for row in pairs:
        assert float(row["difference_s"]) == pytest.approx(float(row["delay_s"]) - float(row["baseline_s"]), abs=1e-3)
    delays = [row for row in table(folder, "town.delay_over_time") if row["controller"] == "fixed"]
    assert delays[0]["vehicles"] == "0" and delays[0]["delay_s_per_vehicle"] == ""
    assert (delays[1]["vehicles"], float(delays[1]["delay_s_per_vehicle"])) == ("60", pytest.approx(41.4))
    queues = [row for row in table(folder, "town.queues") if row["controller"] == "fixed" and row["junction"] == "A"]
    assert float(queues[0]["halting_veh"]) == pytest.approx((1 + 2 + 3) / 3, abs=1e-3)
    edges = {row["edge"]: row for row in table(folder, "town.edges") if row["controller"] == "fixed"}
    assert set(edges) == {"in", "mid", "south"}
    assert float(edges["in"]["delay_s_per_vehicle"]) == pytest.approx(41.4 / 2)
    curves = {(row["axis"], row["value"], row["controller"]): row for row in table(folder, "curves")}
    assert float(curves["failure_rate", "0.2", "adaptive"]["delay_s"]) == pytest.approx(31.0 + 1.4 + 0.4 + 12.0)
    assert {row["value"] for row in table(folder, "curves") if row["axis"] == "scale"} == {"0.8", "1.0"}
    noise = {(row["scenario"], row["controller"]): row for row in table(folder, "noise")}
    assert float(noise["town", "fixed"]["deviation_s"]) == pytest.approx(0.7)
    assert noise["town", "fixed"]["difference_deviation_s"] == ""


def test_the_corridor_is_measured_along_its_edges_and_bands_are_common_green(folder: Path) -> None:
    report(folder)
    lines = table(folder, "town.stop_lines")
    assert [(row["signal"], float(row["distance_m"])) for row in lines] == [("A", 190.0), ("B", 490.0)]
    ahead_s = float(lines[1]["free_s"]) - float(lines[0]["free_s"])
    assert ahead_s == pytest.approx(300 / 13.9, abs=0.02)
    bands = [row for row in table(folder, "town.bands") if row["controller"] == "fixed"]
    widths = [float(row["to_s"]) - float(row["from_s"]) for row in bands[1:-1]]
    assert widths == pytest.approx([30.0 - (22 - ahead_s)] * len(widths)) and len(widths) >= 7
    places = [row for row in table(folder, "town.trajectories") if row["controller"] == "fixed"]
    assert {row["vehicle"] for row in places} == {"v0", "v1", "v2", "v3", "v4", "v5"}
    assert len({row["part"] for row in places if row["vehicle"] == "v5"}) == 2
    inside = next(row for row in places if float(row["time_s"]) == BEGIN_S + 414.0)
    assert float(inside["distance_m"]) == 14.0 * 14


def test_what_was_expected_is_drawn_beside_what_happened_from_its_table(folder: Path) -> None:
    page = report(folder)
    rows = table(folder, "town.predictions")
    assert {row["controller"] for row in rows} == {"adaptive"} and len(rows) == 3 * 20
    assert (rows[0]["signal"], float(rows[0]["expected_veh"]), float(rows[0]["happened_veh"])) == ("A", 3.0, 2.0)
    drawing = page[page.index('<svg id="n0-prediction-1"') :]
    drawing = drawing[: drawing.index("</svg>")]
    assert "Mean of the run +0.25 vehicles, mean size 0.75." in drawing
    assert drawing.count('class="line s') == 2
    block = page[page.index("<th scope=row>A</th>") :]
    cells = re.findall(r"<span>([^<]*)</span>", block[: block.index("</tr>")])
    assert cells == ["40", "3.75", "3.50", "+0.25", "0.75", "0.50"]
    for run in folder.glob("evidence/town/*/measures.json"):
        found = json.loads(run.read_text())
        found["tables"].pop("predictions", None)
        run.write_text(json.dumps(found))
    assert "n0-prediction" not in report(folder) and table(folder, "town.predictions") == []


def test_another_baseline_and_another_controller_in_detail(folder: Path) -> None:
    page = report(folder, baseline="actuated", ours="fixed")
    assert "<b>fixed</b> against <b>actuated</b>" in page
    assert "<h4>fixed, towards B</h4>" in page and "<h4>adaptive, towards B</h4>" not in page


def test_an_unfinished_experiment_has_a_report_too(folder: Path) -> None:
    for run in (folder / "runs" / "village").glob("*-s[23]-*"):
        (run / "result.json").unlink()
    page = report(folder)
    assert "no evidence: one pair" in page and "it was not run" in page


def test_files_that_cannot_be_drawn_are_said_not_hidden(folder: Path) -> None:
    for lamps in (folder / "runs" / "town").glob("*/tls_states.xml.gz"):
        lamps.write_bytes(b"\x1f\x8bdamaged")
    study = read_study(folder)
    tables, notices = write_tables(study)
    assert len(notices) == 1 and "tls_states" in notices[0]
    page = write_report(study, tables, notices).read_text()
    assert "Not everything could be drawn" in page and "n0-paired" in page and "n0-space-0" not in page


def test_the_tables_are_replaced_whole(folder: Path) -> None:
    (folder / "tables").mkdir()
    (folder / "tables" / "stale.csv").write_text("old")
    report(folder)
    assert not (folder / "tables" / "stale.csv").exists()
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("content", [None, "{", '{"version": 2, "tasks": []}'])
def test_a_folder_without_an_experiment_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "experiment.json").write_text(content)
    with pytest.raises(InvalidInputError, match=r"experiment"):
        read_study(tmp_path)


def test_an_experiment_without_runs_or_with_an_unknown_baseline_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidInputError, match="--baseline net: the experiment ran actuated, adaptive, fixed"):
        read_study(folder, "net")
    for found in folder.glob("runs/*/*/result.json"):
        found.unlink()
    with pytest.raises(InvalidInputError, match="holds no run yet"):
        read_study(folder)


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    from bench.reports.records import EdgeRow

    write_rows(tmp_path / "e.csv", EdgeRow, [EdgeRow("fixed", "in", 2.0, math.nan)])
    (row,) = read_rows(tmp_path / "e.csv", EdgeRow)
    assert row.edge == "in" and math.isnan(row.delay_s_per_vehicle)
    (tmp_path / "e.csv").write_text("a,b,c,d\nfixed,in,many,1.0\n")
    with pytest.raises(InvalidInputError, match="damaged"):
        read_rows(tmp_path / "e.csv", EdgeRow)


def test_what_is_compared_is_what_the_summary_compares(folder: Path) -> None:
    from bench.summary import write_summary

    write_summary(folder, {})
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["comparisons"] == json.loads(json.dumps(list(read_study(folder).comparisons)))
    assert len(summary["comparisons"]) == 9  # two controllers in five cells, but actuated in four


def test_the_tuning_of_the_baselines_is_told_with_its_budget(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "as it comes, not tuned" in report(folder)
    tuned = {
        "plan_sha256": "abcdef0123456789", "simulations": 58, "budget": 60, "training_seeds": [101, 102],
        "selection_seeds": [2], "untuned": {"delay_s": 50.0}, "best": {"delay_s": 42.5},
    }  # fmt: skip
    monkeypatch.setattr(tuning, "tuned_file", lambda *_: folder)
    monkeypatch.setattr(tuning, "read_tuned", lambda _: {"controllers": {"fixed": tuned}})
    file = folder / "experiment.json"
    rows = [
        {**t.as_row(), "options": [["plan", "tuned@abcdef012345"]] if t.controller == "fixed" else []} for t in tasks()
    ]
    file.write_text(json.dumps({**json.loads(file.read_text()), "tasks": rows}))
    for task in (task_of(row) for row in rows if row["options"]):
        write_run(folder, task)
    page = report(folder)
    assert "tuned by <code>bench tune</code>" in page and "58 of 60 allowed" in page
    assert '101, 102, 2 <span class="flag">(also in this experiment: 2)</span>' in page
    assert ">50.0</td>" in page and ">42.5</td>" in page


@pytest.mark.browser
@pytest.mark.skipif(not browser.CHROMIUM.exists(), reason="no chromium")
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (375, "dark")])
def test_a_browser_shows_every_plot_without_a_complaint(folder: Path, width: int, scheme: Any) -> None:
    report(folder)
    write_decision(read_study(folder), DEFAULTS)
    with browser.shown(folder / "report.html", width, scheme) as seen:
        page = seen.page
        plots = page.evaluate(
            "[...document.querySelectorAll('svg')].filter(e => e.getBoundingClientRect().height > 40"
            " && [...e.querySelectorAll('path,line,rect')].some(p => p.getBBox().width + p.getBBox().height > 20)"
            ").map(e => e.id)"
        )
        outside = page.evaluate(
            "[...document.querySelectorAll('svg')].flatMap(e => [...e.querySelectorAll('text')].filter(t => {"
            "const a = t.getBBox(), b = e.viewBox.baseVal; return a.x < -1 || a.x + a.width > b.width + 1})"
            ".map(t => e.id + ': ' + t.textContent))"
        )
        too_wide = [page.evaluate("document.documentElement.scrollWidth > window.innerWidth")]
        page.goto((folder / "decision.html").as_uri())
        too_wide.append(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
        tables = page.evaluate("document.querySelectorAll('table').length")
    assert plots == list(PLOTS)
    assert outside == []
    assert too_wide == [False, False]
    assert tables > 3
    assert not seen.complaints
    assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []
