"""`plan network`, `plan judge` and `plan dispersion` on a small network, with SUMO itself where it is needed."""

import json
import re
from pathlib import Path

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.counts import CountPeriod, Counts, counts_to_csv
from signal_ctrl.domain.plan import plan_from_json, plan_to_json
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.engine.acceptance import check_plan
from sumo_scenarios.network_plans import Asked, world_of
from sumo_scenarios.volumes import count_volumes

pytestmark = pytest.mark.sumo
NET = "cologne3"
SIGNALS = ("360082", "360086", "GS_cluster_2415878664_254486231_359566_359576")


def plan_network(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, object]:
    assert call(["plan", "network", NET, "--json", "--time-limit", "1", "--starts", "0", *more]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_plan_is_made_that_the_signals_can_keep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, picture = tmp_path / "plan.json", tmp_path / "profile.svg"
    report = plan_network(
        capsys, "--out", str(out), "--cycle", "46", "--profile-of", "241660957#0", str(picture)
    )  # fmt: skip
    plan = plan_from_json(out.read_text(encoding="utf-8"))
    world, _ = world_of(Asked(NET, PUBLISHED))
    check_plan(plan, tuple(unit.site for unit in world.units))
    assert {signal.cycle_ds for signal in plan.signals} == {460}
    assert report["after"]["index_s"] < report["before"]["index_s"]  # type: ignore[index]
    (area,) = report["areas"]  # type: ignore[misc]
    assert area["pairs"]["proven"] is True
    assert area["best_s"] <= area["median_s"]
    assert picture.read_text(encoding="utf-8").lstrip().startswith("<?xml")
    assert {"saturation", "queue_m", "storage_m"} <= set(report["links"][0])  # type: ignore[index]


def test_without_a_search_it_is_quick_and_the_same_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plans = [tmp_path / "a.json", tmp_path / "b.json"]
    for out in plans:
        report = plan_network(capsys, "--out", str(out), "--no-search")
        assert report["areas"][0]["best_s"] is None  # type: ignore[index]
    assert plans[0].read_bytes() == plans[1].read_bytes()


def test_signals_that_are_not_chosen_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, out = tmp_path / "base.json", tmp_path / "plan.json"
    plan_network(capsys, "--out", str(base), "--no-search", "--cycle", "60")
    plan_network(capsys, "--out", str(out), "--base", str(base), "--signals", ",".join(SIGNALS[:2]), "--cycle", "60")
    before, after = (plan_from_json(path.read_text(encoding="utf-8")) for path in (base, out))
    assert after.of(SIGNALS[2]) == before.of(SIGNALS[2])
    report = plan_network(
        capsys, "--out", str(out), "--subarea", "auto", "--coupling", "1000", "--no-search", "--overwrite"
    )
    assert [area["signals"] for area in report["areas"]] == [[name] for name in SIGNALS]  # type: ignore[attr-defined]


def test_counts_in_place_of_routes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world, times_s = world_of(Asked(NET, PUBLISHED))
    turns = count_volumes(world.config, world.net, times_s).turns
    counts = tmp_path / "counts.csv"
    counts.write_text(counts_to_csv(Counts((CountPeriod(0.0, 3600.0, turns),))), encoding="utf-8")
    own = plan_network(capsys, "--out", str(tmp_path / "a.json"), "--no-search", "--cycle", "60")
    from_counts = plan_network(
        capsys, "--out", str(tmp_path / "b.json"), "--no-search", "--cycle", "60", "--counts", str(counts),
        "--missing-is-zero",
    )  # fmt: skip
    assert from_counts["before"] == own["before"]
    lines = counts.read_text(encoding="utf-8").splitlines()
    asked = ["plan", "network", NET, "--out", str(tmp_path / "c.json"), "--counts", str(counts)]
    counts.write_text("\n".join([*lines[:-1], lines[-1].replace(SIGNALS[2], "nowhere")]), encoding="utf-8")
    assert call(asked) == 2
    assert "signal nowhere" in capsys.readouterr().err
    counts.write_text("\n".join([lines[0], *lines[2:]]), encoding="utf-8")
    assert call(asked) == 2
    said = capsys.readouterr().err
    assert re.search(r"are not whole: signal \S+, no count from \S+ to \S+ .*or add --missing-is-zero", said)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--cycle", "10"), "a cycle has 30 to 300 s"),
        (("--cycle", "60", "--cycle-range", "50-70"), "either --cycle or --cycle-range"),
        (("--cycle-range", "70-50"), "--cycle-range wants A-B"),
        (("--signals", "nobody"), "signal nobody is not among"),
        (("--stop-weight", "-1"), "weights of the performance index"),
        (("--time-limit", "0"), "--time-limit needs more than 0"),
        (("--counts", "nowhere.csv"), "cannot read the counts"),
        (("--dispersion", "nowhere.json"), "cannot read the dispersion"),
        (("--profile-of", "x", "x.gif"), "a picture is .png or .svg"),
        (("--no-search", "--simulate", "20"), "--simulate follows a search"),
        (("--no-search", "--profile-of", "nowhere", "x.svg"), "no edge 'nowhere'"),
    ],
)
def test_bad_input_is_one_line(
    more: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["plan", "network", NET, "--out", str(tmp_path / "p.json"), *more]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_the_model_is_judged_by_the_simulation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, picture = tmp_path / "plan.json", tmp_path / "judged.png"
    plan_network(capsys, "--out", str(out), "--no-search", "--cycle", "60")
    arguments = ["plan", "judge", str(out), NET, "--seeds", "1", "--end", "26100", "--json", "--variants"]
    assert call([*arguments, "--picture", str(picture)]) == 0
    found = json.loads(capsys.readouterr().out)
    (total,) = found["totals"]
    assert total["passages"] > 200
    assert 0 < total["control_s"] < total["lost_s"]
    assert total["error"] == pytest.approx(total["model_s"] / total["control_s"] - 1, abs=1e-3)
    assert len(found["variants"]) >= 3
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_plan_of_another_network_is_not_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan.json"
    plan_network(capsys, "--out", str(out), "--no-search", "--cycle", "60")
    plan = plan_from_json(out.read_text(encoding="utf-8"))
    out.write_text(plan_to_json(plan), encoding="utf-8")
    assert call(["plan", "judge", str(out), "cologne8"]) == 2
    assert "signal 360082 is not in this network" in capsys.readouterr().err
