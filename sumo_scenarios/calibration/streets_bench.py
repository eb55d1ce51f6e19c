"""A test bench for drivers: straight streets with a signal each for queues, and open ones for free speeds."""

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, pstdev
from typing import Final
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import quoteattr

import numpy as np

from detectors.loops.saturation import Discharge, Span, discharges
from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.plain_net import Plain, write_rows
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.sumo_program import run_program, said_of
from sumo_scenarios.written import tags

GREEN_S: Final = 40.0
CYCLE_S: Final = 80.0
CYCLES: Final = 36
WARM_S: Final = 400.0
APPROACH_M: Final = 500.0
FREE_M: Final = 800.0
FREE_HEADWAY_S: Final = 12.0
_ARRIVAL_S: Final = 2.9
_APART_M: Final = 100.0
_TIME_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class BenchResult:
    """By class of speed limit: the queues of its signal, and the free speeds of its open street [m/s]."""

    queues: dict[float, tuple[Discharge, ...]]
    speeds_mps: dict[float, tuple[float, ...]]

    def headway_s(self, limit_mps: float) -> float:
        """Mean headway of the queues of a class. [s] Raises: BackendError if no queue could be measured."""
        queues = self.queues.get(limit_mps, ())
        if not queues:
            raise BackendError(f"no queue of the test bench could be measured at {limit_mps:g} m/s")
        return fmean(queue.headway_s for queue in queues)

    def speed_mps(self, limit_mps: float) -> tuple[float, float]:
        """Mean and standard deviation of the free speeds of a class. [m/s]"""
        speeds = self.speeds_mps[limit_mps]
        return fmean(speeds), pstdev(speeds)


class StreetBench:
    """The streets for some speed limits, built once; each measurement simulates them with other drivers."""

    def __init__(self, queues_mps: Sequence[float], speeds_mps: Sequence[float], step_s: float, folder: Path) -> None:
        self._queues_mps, self._speeds_mps, self._step_s = tuple(queues_mps), tuple(speeds_mps), step_s
        self._folder = folder
        self._net = _streets(self._queues_mps, self._speeds_mps).build(folder, "bench.net.xml")
        self.simulations = 0

    def measure(self, kinds: Sequence[Element], shares: dict[str, float], seed: int) -> BenchResult:
        """Return queues and free speeds of a fleet. The same seed draws the same vehicles and the same drivers' luck.

        Raises: BackendError if SUMO fails.
        """
        self.simulations += 1
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            output = Path(scratch) / "loops.xml"
            _write_routes(Path(scratch) / "bench.rou.xml", kinds, self._vehicles(shares, seed))
            self._write_loops(Path(scratch) / "bench.add.xml", output)
            self._run(Path(scratch), seed)
            return self._result(output)

    def _vehicles(self, shares: dict[str, float], seed: int) -> list[tuple[float, str, str]]:
        """Return (departure [s], type, edges), in the order of time."""
        rng = np.random.default_rng(seed)
        end_s = WARM_S + CYCLES * CYCLE_S
        found = []
        streets = [(f"q{k}", f"q{k}a q{k}b", _ARRIVAL_S) for k in range(len(self._queues_mps))]
        streets += [(f"f{k}", f"f{k}a", FREE_HEADWAY_S) for k in range(len(self._speeds_mps))]
        for _, edges, apart_s in streets:
            number = int(end_s / apart_s)
            drawn = rng.choice(list(shares), size=number, p=list(shares.values()))
            found += [(i * apart_s, str(kind), edges) for i, kind in enumerate(drawn)]
        return sorted(found)

    def _write_loops(self, path: Path, output: Path) -> None:
        rows = [_programme(k) for k in range(len(self._queues_mps))]
        places = [(f"q{k}", f"q{k}a_0", -2.5) for k in range(len(self._queues_mps))]
        places += [(f"f{k}", f"f{k}a_0", 0.75 * FREE_M) for k in range(len(self._speeds_mps))]
        rows += [
            f'<instantInductionLoop id="{name}" lane="{lane}" pos="{at_m}" file={quoteattr(str(output))}/>'
            for name, lane, at_m in places
        ]
        write_rows(path, "additional", rows)

    def _run(self, scratch: Path, seed: int) -> None:
        command = [
            *(str(sumo_home() / "bin" / "sumo"), "--net-file", str(self._net), "--seed", str(seed)),
            *("--route-files", str(scratch / "bench.rou.xml"), "--additional-files", str(scratch / "bench.add.xml")),
            *("--begin", "0", "--end", str(WARM_S + CYCLES * CYCLE_S), "--step-length", f"{self._step_s:g}"),
            *("--time-to-teleport", "-1", "--no-step-log", "true", "--no-warnings", "true"),
            *("--xml-validation", "never", "--extrapolate-departpos", "true"),
        ]
        done = run_program(command, "SUMO", _TIME_S)
        if done.returncode != 0:
            raise BackendError(f"SUMO cannot run the test bench: {said_of(done)}")

    def _result(self, output: Path) -> BenchResult:
        passages: defaultdict[str, list[Span]] = defaultdict(list)
        speeds: defaultdict[str, list[float]] = defaultdict(list)
        begun: dict[tuple[str, str], float] = {}
        for tag, values in tags(output):
            if tag != "instantOut":
                continue
            key, at_s = (values["id"], values["vehID"]), float(values["time"])
            if values["state"] == "enter":
                begun[key] = at_s
            elif values["state"] == "leave" and key in begun:
                passages[key[0]].append((begun.pop(key), at_s))
                if at_s > WARM_S:
                    speeds[key[0]].append(float(values["speed"]))
        greens = [(WARM_S + k * CYCLE_S, WARM_S + k * CYCLE_S + GREEN_S) for k in range(CYCLES)]
        queues = {
            limit: tuple(discharges(greens, sorted(passages[f"q{k}"]))) for k, limit in enumerate(self._queues_mps)
        }
        free = {limit: tuple(speeds[f"f{k}"]) for k, limit in enumerate(self._speeds_mps)}
        return BenchResult(queues, free)


def _streets(queues_mps: Sequence[float], speeds_mps: Sequence[float]) -> Plain:
    plain = Plain()
    for k, limit in enumerate(queues_mps):
        y = _APART_M * k
        for name, x, kind in ((f"qa{k}", 0.0, ""), (f"qb{k}", APPROACH_M, "traffic_light"), (f"qc{k}", 900.0, "")):
            plain.node(name, x, y, kind)
        for part, ends in (("a", (f"qa{k}", f"qb{k}")), ("b", (f"qb{k}", f"qc{k}"))):
            _edge(plain, f"q{k}{part}", ends, limit)
    for k, limit in enumerate(speeds_mps):
        y = -_APART_M * (k + 1)
        plain.node(f"fa{k}", 0.0, y)
        plain.node(f"fb{k}", FREE_M, y)
        _edge(plain, f"f{k}a", (f"fa{k}", f"fb{k}"), limit)
    return plain


def _edge(plain: Plain, name: str, ends: tuple[str, str], limit_mps: float) -> None:
    plain.edges[name] = f'<edge id="{name}" from="{ends[0]}" to="{ends[1]}" numLanes="1" speed="{limit_mps}"/>'


def _programme(k: int) -> str:
    rest_s = CYCLE_S - GREEN_S - 3.0
    offset_s = WARM_S % CYCLE_S
    steps = ((GREEN_S, "G"), (3.0, "y"), (rest_s, "r"))
    shown = "".join(f'<phase duration="{duration_s:g}" state="{state}"/>' for duration_s, state in steps)
    return f'<tlLogic id="qb{k}" type="static" programID="bench" offset="{offset_s:g}">{shown}</tlLogic>'


def _write_routes(path: Path, kinds: Sequence[Element], vehicles: Sequence[tuple[float, str, str]]) -> None:
    rows = [tostring(kind, encoding="unicode").strip() for kind in kinds]
    rows += [
        f'<vehicle id="{k}" type={quoteattr(kind)} depart="{depart_s:.2f}" departSpeed="max">'
        f'<route edges="{edges}"/></vehicle>'
        for k, (depart_s, kind, edges) in enumerate(vehicles)
    ]
    write_rows(path, "routes", rows)
