"""The campaign of bus priority: figures of a run written by hand, checks of its record, pairs of runs."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench.bus_priority.campaign import Case, changes_of
from bench.bus_priority.judging import Ride, figures_of, irregularity, kept_ds, priority_of
from bench.seeds import seeds_of
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.bus_options import BusOptions, parse_buses
from sumo_scenarios.settings import RunSettings

TRIP = '<tripinfo id="{id}" depart="10" arrival="{at}" departDelay="2" timeLoss="{loss}" duration="50" vType="{kind}"/>'


def folder_of(path: Path, rows: list[dict[str, Any]], states: list[tuple[float, str]]) -> Path:
    trips = [
        TRIP.format(id="bus-E0-0700", at=100, loss=38, kind="bus"),
        TRIP.format(id="c1", at=90, loss=8, kind="car@1"),
        TRIP.format(id="c2", at=-1, loss=18, kind="truck"),
        TRIP.format(id="y1", at=90, loss=3, kind="bicycle"),
    ]
    with gzip.open(path / "tripinfo.xml.gz", "wt") as file:
        file.write(f"<tripinfos>{''.join(trips)}</tripinfos>")
    with gzip.open(path / "tls_states.xml.gz", "wt") as file:
        frames = [f'<tlsState time="{at}" id="J" programID="0" phase="0" state="{state}"/>' for at, state in states]
        file.write(f"<tlsStates>{''.join(frames)}</tlsStates>")
    (path / "decisions.jsonl").write_text("".join(json.dumps({"signal": "J", **row}) + "\n" for row in rows))
    return path


def test_figures_weigh_persons(tmp_path: Path) -> None:
    found = figures_of(folder_of(tmp_path, [], []), 200.0)
    assert (found["buses"], found["bus_delay_s"], found["car_delay_s"], found["cycle_delay_s"]) == (1, 40.0, 15.0, 5.0)
    assert found["person_delay_s"] == pytest.approx((30 * 40 + 1.3 * 30 + 5) / (30 + 2.6 + 1), abs=0.001)
    assert found["headway_irregularity"] is None


def row(at_s: int, lit: int, plain: int, choice: int, **more: Any) -> dict[str, Any]:
    return {"t_ds": 10 * at_s, "lit": lit, "plain": plain, "choice": choice, **more}


def test_the_time_for_which_a_stage_is_kept_is_read_off_the_record() -> None:
    assert kept_ds([row(s, 0, 1, 0) for s in range(5, 15)]) == 100
    assert kept_ds([row(s, 0, 1, 0) for s in range(5, 17)]) == 120
    assert kept_ds([row(5, 0, 1, 0), row(6, 0, 0, 0), row(9, 0, 1, 0)]) == 50
    assert kept_ds([row(5, 0, 1, 0), row(6, 0, 1, 1), row(30, 0, 1, 0)]) == 10
    assert kept_ds([row(5, 0, 0, 0)]) == 0


def test_a_second_hold_is_seen_in_the_lamps(tmp_path: Path) -> None:
    rows = [row(10, 0, 1, 0, priority="hold"), row(30, 0, 1, 0, priority="hold"), row(40, 0, 1, 0, priority="early")]
    states = [(float(s), "Gr" if s != 20 else "rG") for s in range(8, 35)]
    found = priority_of(folder_of(tmp_path, rows, states))
    assert (found["hold"], found["early"], found["second_holds"]) == (2, 1, 0)
    again = priority_of(folder_of(tmp_path, rows, [(at_s, "Gr") for at_s, _ in states]))
    assert again["second_holds"] == 1


def test_irregularity_is_that_of_headways_at_the_end_of_the_line() -> None:
    even = [Ride(f"bus-E0-{k}", "bus", 0.0, 300.0 * k) for k in range(5)]
    assert irregularity(even) == 0.0
    uneven = [Ride(f"bus-E0-{k}", "bus", 0.0, at_s) for k, at_s in enumerate((0.0, 100.0, 400.0, 500.0, 800.0))]
    assert irregularity(uneven) == pytest.approx(0.5)
    assert irregularity(even[:3]) is None


def test_runs_are_paired_and_named() -> None:
    case = Case("newtown-2x3", label="every=10", buses=parse_buses("every=10"))
    assert case.key("adaptive", 3) == "newtown-2x3/street/loops/x1/adaptive/s3"
    assert case.key("adaptive+buses", 3) == "newtown-2x3/street/loops/x1/every=10/adaptive+buses/s3"
    line = {"bus_delay_s": 100.0, "car_delay_s": 50.0, "cycle_delay_s": 0.0, "person_delay_s": 80.0}
    lines = {
        "adaptive": {1: {**line, "headway_irregularity": 0.2}, 2: {**line, "headway_irregularity": 0.2}},
        "adaptive+buses": {1: {**line, "bus_delay_s": 60.0, "headway_irregularity": 0.1}},
    }
    found = {change.figure: change.changes for change in changes_of(lines)}
    assert found["bus_delay_s"] == pytest.approx((-40.0,))
    assert found["headway_irregularity"] == pytest.approx((-50.0,))
    assert "cycle_delay_s" not in found
    assert list(seeds_of("2-4")) == [2, 3, 4]
    with pytest.raises(InvalidInputError):
        seeds_of("4-2")


def test_who_cannot_hear_of_buses_is_refused() -> None:
    for controller in ("greedy", "actuated", "net"):
        with pytest.raises(InvalidInputError, match="--buses is for controllers adaptive, hybrid, fixed"):
            RunSettings("newtown-2x3", controller, buses=BusOptions())
    assert RunSettings("newtown-2x3", "fixed", buses=BusOptions()).buses == BusOptions()


def test_options_of_buses() -> None:
    assert parse_buses("") == BusOptions()
    assert parse_buses("every=0,beacons=1").beacons
    for text in ("every=0", "every=0.5", "lost=2", "colour=3", "every", "usual=-1", "noise=nan"):
        with pytest.raises(InvalidInputError):
            parse_buses(text)
