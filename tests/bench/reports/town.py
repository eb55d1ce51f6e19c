"""A finished experiment made of files alone: two scenarios, three controllers, an invalid run, a missing one, curves."""

import gzip
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.experiment import Task
from sumo_scenarios.measures.trajectories import Trajectories

BEGIN_S, END_S = 25200.0, 26400.0
DELAYS_S = {"fixed": 40.0, "actuated": 44.0, "adaptive": 31.0}
SEEDS = (1, 2, 3)
ODD = "<odd & long>"
INVALID, MISSING = ("village", "adaptive", 3), ("village", "actuated", 2)

NET = """<net>
<edge id="in" from="w" to="A"><lane id="in_0" index="0" speed="13.9" length="190" shape="0,100 190,100"/></edge>
<edge id="mid" from="A" to="B"><lane id="mid_0" index="0" speed="13.9" length="280" shape="210,100 490,100"/></edge>
<edge id="out" from="B" to="e"><lane id="out_0" index="0" speed="13.9" length="190" shape="510,100 700,100"/></edge>
<edge id="south" from="s" to="A"><lane id="south_0" index="0" speed="8" length="90" shape="200,0 200,90"/></edge>
<edge id=":A_0" function="internal"><lane id=":A_0_0" index="0" speed="13.9" length="20" shape="190,100 210,100"/></edge>
<edge id=":A_1" function="internal"><lane id=":A_1_0" index="0" speed="8" length="15" shape="200,90 210,100"/></edge>
<edge id=":B_0" function="internal"><lane id=":B_0_0" index="0" speed="13.9" length="20" shape="490,100 510,100"/></edge>
<junction id="A" type="traffic_light" x="200" y="100" intLanes=":A_0_0 :A_1_0" shape="190,90 210,90 210,110"/>
<junction id="B" type="traffic_light" x="500" y="100" intLanes=":B_0_0" shape="490,90 510,90 510,110"/>
<connection from="in" to="mid" fromLane="0" toLane="0" via=":A_0_0" tl="A" linkIndex="0" dir="s"/>
<connection from="south" to="mid" fromLane="0" toLane="0" via=":A_1_0" tl="A" linkIndex="1" dir="r"/>
<connection from="mid" to="out" fromLane="0" toLane="0" via=":B_0_0" tl="B" linkIndex="0" dir="s"/>
<connection from=":A_0" to="mid" fromLane="0" toLane="0" dir="s"/>
<connection from=":A_1" to="mid" fromLane="0" toLane="0" dir="r"/>
<connection from=":B_0" to="out" fromLane="0" toLane="0" dir="s"/>
</net>"""


def tasks() -> list[Task]:
    """Return town at 0 and 20 % failed loops, village at 80 and 100 % of its demand, and town with a street closed."""
    found = []
    for controller in DELAYS_S:
        for seed in SEEDS:
            rates = (0.0,) if controller == "actuated" else (0.0, 0.2)  # its detectors are SUMO's own
            found += [Task("town", controller, seed, failure_rate=rate) for rate in rates]
            found += [Task("village", controller, seed, scale=scale) for scale in (0.8, 1.0)]
            found.append(Task("town", controller, seed, closures=("mid_0@25500-25800",)))
    return found


def delay_s(task: Task) -> float:
    """Return the delay of a run: failures hurt adaptive alone, the closed street everybody. [s/veh]"""
    value = DELAYS_S[task.controller] + 0.7 * task.seed + (0.2 * task.seed if task.controller == "adaptive" else 0.0)
    value += 60.0 * task.failure_rate if task.controller == "adaptive" else 0.0
    return round(value * task.scale + (9.0 if task.closures else 0.0), 3)


def build(folder: Path) -> Path:
    """Write the experiment and return its folder."""
    all_tasks = tasks()
    document = {
        "version": 1, "name": ODD, "tasks": [task.as_row() for task in all_tasks], "commit": "abc123def456",
        "versions": {"signal-ctrl": "0.1.0", "libsumo": "1.28.0"}, "engine": "0123456789abcdef",
        "inputs": {"town": {"town.net.xml": "1"}}, "settings": {"scenarios": "town,village", "close": []},
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "experiment.json").write_text(json.dumps(document))
    for task in all_tasks:
        if (task.scenario, task.controller, task.seed) != MISSING or task.scale != 1.0:
            write_run(folder, task)
    return folder


def write_run(folder: Path, task: Task, **changed: Any) -> None:
    """Write the files of one run; `changed` overrides fields of its `result.json`."""
    run, evidence = folder / "runs" / task.run_id, folder / "evidence" / task.run_id
    for each in (run, evidence):
        each.mkdir(parents=True, exist_ok=True)
    (run / "net.xml").write_text(NET)
    (run / "tls_states.xml.gz").write_bytes(lamp_record(40 if task.controller == "adaptive" else 30))
    (run / "result.json").write_text(json.dumps({**result(task), **changed}))
    (evidence / "measures.json").write_text(json.dumps(measures(task)))


@lru_cache
def lamp_record(green_s: int) -> bytes:
    """Return what both signals show: green, 3 s amber, of a cycle of 60 s; B later by the way between them."""
    return gzip.compress(f"<tlsStates>{''.join(states(green_s))}</tlsStates>".encode())


def states(green_s: int) -> Iterator[str]:
    for second in range(int(END_S - BEGIN_S)):
        for signal, offset_s in (("A", 0), ("B", 22)):
            at = (second - offset_s) % 60
            letter = "G" if at < green_s else "y" if at < green_s + 3 else "r"
            other = "G" if letter == "r" and at < 57 else "r"
            yield f'<tlsState time="{BEGIN_S + second}" id="{signal}" state="{letter}{other if signal == "A" else ""}"/>'


def result(task: Task) -> dict[str, Any]:
    return {
        "scenario": task.scenario, "controller": task.controller, "seed": task.seed, "demand_seed": task.demand_seed,
        "sensing": task.sensing, "profile": task.profile, "status": "complete", "begin_s": BEGIN_S, "end_s": END_S,
        "step_s": 1.0, "sumo": "1.28.0", "delay_s_per_vehicle": delay_s(task), "stops_per_vehicle": 1.2,
        "mean_speed_mps": 7.5, "vehicles": {"total": 400, "finished": 380, "unfinished": 18, "never_departed": 2},
        "teleports": 0, "longest_wait_s": 99.0, "wall_s": {"total": 1.0, "sumo": 0.5, "control": 0.5},
        "decisions": 90, "decision_ms": {"p50": 0.3, "p99": 1.5, "max": 3.0}, "signals": ["A", "B"], "left_alone": [],
        "kernel": {"frames": 12000, "refusals": 0, "violations": 0},
    }  # fmt: skip


def measures(task: Task) -> dict[str, Any]:
    lost_s, is_first = delay_s(task), task.seed == 1
    bad = (task.scenario, task.controller, task.seed) == INVALID and task.scale == 1.0
    return {
        "version": 1, "detailed": is_first, "delay_s_per_vehicle": lost_s, "delay_total_h": round(lost_s * 400 / 3600, 4),
        "stops_per_vehicle": 1.2, "wait_p95_s": 60.0, "throughput_veh_h": 1140.0, "fuel_kg": 30.0 + 0.2 * lost_s,
        "co2_kg": 93.0 + 0.6 * lost_s, "gridlocked_vehicles": 4 if task.controller == "actuated" and task.seed == 3 else 0, "bus_delay_s": None,
        "invalid": ["2 teleports"] if bad else [], "tables": tables(task, lost_s, is_first),
    }  # fmt: skip


def tables(task: Task, lost_s: float, is_first: bool) -> dict[str, Any]:
    bins = [BEGIN_S + 60.0 * k for k in range(20)]
    signals = ["A", "B", "a_rather_long_name_of_a_signal_" + "x" * 20] if task.scenario == "town" else ["A"]
    found: dict[str, Any] = {
        "delay_over_time": {
            "from_s": bins, "width_s": [60.0] * 20, "vehicles": [0, *[20] * 19],
            "delay_s_per_vehicle": [None, *[lost_s + k % 5 for k in range(19)]],
        },
        "queue_over_time": {
            "time_s": [BEGIN_S + 30.0 * k for k in range(40)],
            "signals": {name: [(k + task.seed) % 7 for k in range(40)] for name in signals},
        },
        "edges": {
            "edge": ["in", "mid", ":A_0", "south"], "vehicles": [200, 300, 200, 100],
            "delay_s": [200 * lost_s / 2, 300 * lost_s / 8, 10.0, 50.0],
        },
        "artery_hours": artery_hours(task),
        "arterials": [{"signals": ["A", "B"], "edges": ["in", "mid"], "vehicles": 80, "speed_kmh": 33.0}],
    }  # fmt: skip
    if task.scenario != "town":
        found["arterials"] = found["artery_hours"] = []
    if is_first:
        found["purdue"] = [purdue("south", 3), purdue("in", 25)]
    if is_first and task.controller == "adaptive":
        found["predictions"] = predictions(signals)
    return found


def predictions(signals: list[str]) -> dict[str, Any]:
    """Return two decisions a minute and signal; 1 veh more is expected than happens, from the tenth minute on 0.5 less."""
    cells = [(name, k) for name in signals for k in range(20)]
    happened = [2.0 + k % 4 for _, k in cells]
    errors = [1.0 if k < 10 else -0.5 for _, k in cells]
    return {
        "signal": [name for name, _ in cells], "from_s": [BEGIN_S + 60.0 * k for _, k in cells],
        "decisions": [2] * len(cells), "expected_veh": [h + e for h, e in zip(happened, errors, strict=True)],
        "happened_veh": happened, "newcomers_veh": [0.5] * len(cells), "error_size_veh": [abs(e) for e in errors],
    }  # fmt: skip


def purdue(edge: str, n: int) -> dict[str, Any]:
    starts_s = [BEGIN_S + 30.0 + 60.0 * k for k in range(19)]
    at_s = [BEGIN_S + 40.0 + 41.0 * k for k in range(n)]
    return {
        "signal": "A", "edge": edge, "link": 0, "cycles": {"from_s": starts_s, "green_after_s": [30.0] * 19},
        "at_s": at_s, "in_cycle_s": [(t - BEGIN_S - 30.0) % 60.0 for t in at_s],
        "aspect": ["green" if (t - BEGIN_S - 30.0) % 60.0 >= 30.0 else "red" for t in at_s],
    }  # fmt: skip


def trajectories(*_: Any) -> Trajectories:
    """Return five vehicles through both signals and one that leaves the corridor and comes back, second by second."""
    lanes = ("in_0", ":A_0_0", "mid_0", "elsewhere_0")
    rows: list[tuple[int, int, int, float]] = []
    for vehicle in range(5):
        for second in range(35):
            way_m = 14.0 * second
            lane, pos_m = (0, way_m) if way_m < 190 else (1, way_m - 190) if way_m < 210 else (2, way_m - 210)
            rows.append((vehicle, lane, 400 + 50 * vehicle + second, pos_m))
    rows += [(5, 0 if k < 5 or k > 9 else 3, 500 + k, 10.0 + k) for k in range(15)]
    vehicle, lane, tick, pos_m = (np.array(column) for column in zip(*rows, strict=True))
    return Trajectories(
        vehicles=tuple(f"v{k}" for k in range(6)), lanes=lanes, vehicle=vehicle.astype(np.int32),
        lane=lane.astype(np.int32), tick=tick.astype(np.int32), pos_m=pos_m.astype(np.float64),
        speed_mps=np.full(len(rows), 14.0), scheduled=np.zeros(len(rows), dtype=np.bool_), begin_s=BEGIN_S, sample_s=1.0,
    )  # fmt: skip


def artery_hours(task: Task) -> list[dict[str, Any]]:
    """Return a whole hour that meets the target under `adaptive` alone, and a part of one."""
    speed_kmh = {"fixed": 30.0, "actuated": 38.0, "adaptive": 44.0}[task.controller] + task.seed
    row = {"direction": "forth", "towards": "B", "vehicles": 300, "through_vehicles": 80, "target_kmh": 40.0}
    whole = {"from_s": 25200.0, "to_s": 28800.0, "speed_kmh": speed_kmh, "through_speed_kmh": 33.0}
    part = {"from_s": 24300.0, "to_s": 25200.0, "speed_kmh": 50.0, "through_speed_kmh": None, "met": None}
    return [row | part, row | whole | {"met": speed_kmh > 40.0}]
