"""The referee of service is shown to see: events put down by hand, a kernel with a fault, and runs of SUMO."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.domain.site import Right, Stage
from signal_ctrl.domain.site_json import site_to_json
from tests.oracles import check_service as referee
from tests.signal_ctrl.kernel.mutants import MUTANTS
from tests.signal_ctrl.kernel.small_sites import LEFT, MAIN, SIDE, WALK, Drive, crossroads
from tests.signal_ctrl.kernel.test_mutants import mutated

END_DS = 3000
MAX_RED_DS = {group.name: group.max_red_ds for group in crossroads().groups}
CODES = {"GREEN": 1, "GREEN permissive": 1, "AMBER": 8, "RED": 12, "WALK": 21, "PED_CLEAR": 22, "DONT_WALK": 23}
Event = tuple[int, str, int, int]


def signal(stop: dict[int, set[int]], seen: set[int] | None = None, **changes: Any) -> referee.Signal:
    """Return the crossroads with stop-line loops by channel; all groups are seen if not said otherwise."""
    found = referee.Signal(json.loads(site_to_json(crossroads(**changes))))
    found.stop, found.seen = stop, {MAIN, SIDE, LEFT} if seen is None else seen
    return found


def lamp(at_ds: int, code: int, group: int) -> Event:
    return at_ds, "crossroads", code, group + 1


def stay(channel: int, on_ds: int, off_ds: int) -> list[Event]:
    return [(on_ds, "crossroads", 82, channel), (off_ds, "crossroads", 81, channel)]


def verdict(found: referee.Signal, events: list[Event], end_ds: int = END_DS) -> dict[str, Any]:
    return referee.judge({found.name: found}, sorted(events), 0, end_ds)


WALKING = [lamp(at_ds, 21, WALK) for at_ds in range(0, END_DS, 500)] + [
    lamp(at_ds + 200, 22, WALK) for at_ds in range(0, END_DS, 500)
]
"""A crossing that is served often enough: it is on recall."""


def test_a_wait_within_the_maximum_red_passes_and_is_told() -> None:
    events = [*WALKING, lamp(0, 1, MAIN), *stay(1, 103, 700), lamp(690, 1, SIDE)]
    found = verdict(signal({1: {SIDE}}), events)
    assert found["violations"] == []
    assert (found["longest_wait_s"], found["longest_wait_at"]) == (58.0, "crossroads side")  # looked at from 11.0 s on


def test_a_call_that_nobody_answers_is_a_violation_and_is_kept_though_the_loop_falls_silent() -> None:
    late_ds = 110 + MAX_RED_DS["side"] + 20
    for off_ds in (125, 2000):
        events = [*WALKING, lamp(0, 1, MAIN), *stay(1, 103, off_ds), lamp(late_ds, 1, SIDE)]
        (broken,) = verdict(signal({1: {SIDE}}), events)["violations"]
        assert broken == {
            "signal": "crossroads", "groups": "side", "called_s": 11.0, "waited_s": (late_ds - 110) / 10,
        }  # fmt: skip
    in_time = [*WALKING, lamp(0, 1, MAIN), *stay(1, 103, 125), lamp(late_ds - 20, 1, SIDE)]
    assert verdict(signal({1: {SIDE}}), in_time)["violations"] == []


def test_nobody_calls_nobody_has_to_be_served() -> None:
    found = verdict(signal({1: {SIDE}}), [*WALKING, lamp(0, 1, MAIN)])
    assert found["violations"] == []
    assert found["longest_red_s"] == END_DS / 10


def test_who_leaves_by_green_or_amber_has_not_called() -> None:
    events = [*WALKING, lamp(0, 1, SIDE), *stay(1, 95, 118), lamp(100, 8, SIDE), lamp(130, 12, SIDE)]
    assert verdict(signal({1: {SIDE}}), events)["violations"] == []
    stays = [*WALKING, lamp(0, 1, SIDE), *stay(1, 95, 150), lamp(100, 8, SIDE), lamp(130, 12, SIDE)]
    assert [each["called_s"] for each in verdict(signal({1: {SIDE}}), stays)["violations"]] == [13.0]


def test_of_several_groups_of_a_lane_one_has_to_come_and_then_the_one_that_is_left_over() -> None:
    one_comes = [*WALKING, lamp(0, 1, MAIN), *stay(1, 103, 500), lamp(400, 1, LEFT)]
    assert verdict(signal({1: {SIDE, LEFT}}), one_comes)["violations"] == []
    refused = [*WALKING, lamp(0, 1, MAIN), *stay(1, 103, 2900), lamp(400, 1, LEFT)]
    assert [each["groups"] for each in verdict(signal({1: {SIDE, LEFT}}), refused)["violations"]] == ["side"]


@pytest.mark.parametrize("seen", [{MAIN, LEFT}, set[int]()])
def test_who_cannot_be_seen_is_on_recall(seen: set[int]) -> None:
    found = verdict(signal({}, seen), [*WALKING, lamp(0, 1, MAIN), lamp(0, 1, LEFT)])
    assert {each["groups"] for each in found["violations"]} == {"side"}
    silent = verdict(signal({}), [lamp(0, 1, MAIN), lamp(0, 1, LEFT)])
    assert {each["groups"] for each in silent["violations"]} == {"walk"}


def test_a_letter_that_no_link_uses_is_nobodys() -> None:
    found = signal({}, {MAIN, LEFT})
    found.used = {MAIN, LEFT, WALK}
    assert verdict(found, [*WALKING, lamp(0, 1, MAIN), lamp(0, 1, LEFT)])["violations"] == []


def events_of(drive: Drive, channel: int) -> list[Event]:
    """Return what a kernel showed, and a loop on which somebody stands all the time."""
    begin = [lamp(0, CODES[shown], g) for g, shown in ((MAIN, "GREEN"), (WALK, "WALK"))]
    index = {group.name: g for g, group in enumerate(drive.kernel.site.groups)}
    return [*begin, *(lamp(t, CODES[shown], index[name]) for t, name, shown in drive.changes), *stay(channel, 5, END_DS)]


@pytest.mark.parametrize(
    ("name", "wishes"),
    [(None, True), (None, False), ("maximum red never rules", True), ("alarm slept through", False)],
)
def test_a_kernel_that_forgets_the_maximum_red_is_caught(name: str | None, wishes: bool, tmp_path: Path) -> None:
    """The main road is wished for every second, or kept; its left turn, which no green opposes, has K4 alone."""
    mutant = next((each for each in MUTANTS if each.name == name), None)
    stages = (
        Stage("main", (Right.PROTECTED, Right.NONE, Right.NONE, Right.PROTECTED)),
        Stage("left", (Right.NONE, Right.NONE, Right.PROTECTED, Right.NONE)),
        Stage("side", (Right.NONE, Right.PROTECTED, Right.NONE, Right.NONE)),
    )
    with mutated(tmp_path, mutant) as library:
        drive = Drive(crossroads(stages=stages), 0, library)
        for at_ds in range(10, END_DS, 10):
            drive.run(at_ds, calls=1 << LEFT | 1 << WALK)
            if wishes and drive.core.forced < 0:
                drive.ask(0)
        found = verdict(signal({1: {LEFT}}, stages=stages), events_of(drive, 1))
    assert {each["groups"] for each in found["violations"]} == ({"left"} if name else set())
    if name is None:
        assert 0 < found["longest_wait_s"] <= MAX_RED_DS["left"] / 10


def test_a_log_that_cannot_be_judged_is_said(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"begin_s": 0, "end_s": 10}')
    done = ask(tmp_path, tmp_path)
    assert (done.returncode, done.stderr.startswith("cannot judge: ")) == (2, True)
    with pytest.raises(referee.Unusable, match="has not"):
        referee.judge({}, [lamp(0, 1, MAIN)], 0, 10)


def ask(run: Path, imported: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, referee.__file__, str(run), str(imported), "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.sumo
@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "begin_s"), [("cologne3", 25200.0), ("ingolstadt7", 57600.0)])
def test_a_quarter_of_an_hour_of_adaptive_control_serves_everybody(
    scenario: str, begin_s: float, tmp_path: Path
) -> None:
    from signal_ctrl.domain.profile import PUBLISHED
    from sumo_scenarios.import_files import import_scenario
    from sumo_scenarios.run import execute
    from sumo_scenarios.settings import RunSettings

    run, imported = tmp_path / "run", tmp_path / "import"
    import_scenario(scenario, PUBLISHED, imported)
    execute(RunSettings(scenario, end_s=begin_s + 900), run, False, lambda _: None)
    done = ask(run, imported)
    found = json.loads(done.stdout)
    assert (done.returncode, found["violations"]) == (0, []), done.stderr
    assert found["calls"] > 100 and 0 < found["longest_wait_s"] <= found["longest_red_s"]
    lamps = Path(referee.__file__).with_name("check_lamps.py")
    command = [sys.executable, str(lamps), str(run / "net.xml"), str(run / "tls_states.xml.gz"), "--json"]
    other = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert found["longest_red_s"] == pytest.approx(other["longest_red_s"], abs=1.0)

    starved = without_a_group(run, imported, tmp_path / "without", 10 * begin_s + 3000)
    done = ask(tmp_path / "without", imported)
    assert done.returncode == 1
    assert {each["signal"] for each in json.loads(done.stdout)["violations"]} == {starved}


def without_a_group(run: Path, imported: Path, target: Path, after_ds: float) -> str:
    """Copy a run, less the greens from a time on of the group most often green; return its signal.

    Of the groups that have a lane to themselves. In a process of its own: after polars this one could not fork another
    simulation.
    """
    signals = referee.read_signals(imported, run / "net.xml")
    alone = [(name, g + 1) for name, each in signals.items() for own in each.stop.values() if len(own) == 1 for g in own]
    target.mkdir()
    for name in ("net.xml", "result.json"):
        (target / name).write_bytes((run / name).read_bytes())
    code = (
        "import sys, json, polars as pl\n"
        "run, target, after_ds, alone = sys.argv[1], sys.argv[2], float(sys.argv[3]), json.loads(sys.argv[4])\n"
        "events = pl.read_parquet(run)\n"
        "counts = events.filter(pl.col('code') == 1).group_by('device', 'parameter').len()\n"
        "rows = counts.sort('len', 'device', 'parameter').rows()\n"
        "name, group = next((n, g) for n, g, _ in reversed(rows) if [n, g] in alone)\n"
        "own = (pl.col('device') == name) & (pl.col('parameter') == group) & pl.col('code').is_in([1, 21])\n"
        "events.filter(~(own & (pl.col('time_ds') > after_ds))).write_parquet(target)\n"
        "print(name)\n"
    )
    files = (str(run / "events.parquet"), str(target / "events.parquet"))
    command = [sys.executable, "-c", code, *files, str(after_ds), json.dumps(alone)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
