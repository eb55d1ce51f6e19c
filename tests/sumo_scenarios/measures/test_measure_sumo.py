"""Every figure of real runs, held against SUMO's own sums and against slow second computations."""

import math
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sumo_scenarios import closed_loop
from sumo_scenarios.measures.evidence import TRAJECTORIES
from sumo_scenarios.measures.measure import measure_run, warm_up
from sumo_scenarios.measures.parquet import Names, Numbers, read_parquet
from sumo_scenarios.measures.queues import HALTING_MPS
from sumo_scenarios.measures.sources import Sources, read_sources
from sumo_scenarios.measures.standing import MOVING_MPS, standing_spells, stop_rows
from sumo_scenarios.measures.vehicle_types import DEFAULTS
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.measures.runs import make_run, read_packed
from tests.sumo_scenarios.measures.towns import bus_town
from tests.sumo_scenarios.test_score import ORACLE

pytestmark = pytest.mark.sumo
END_S = 25800.0


@pytest.fixture(scope="module")
def cologne(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with the emission device switched on as well, which writes what it adds up into the trips."""
    folder = tmp_path_factory.mktemp("cologne")
    usual = closed_loop.sumo_arguments
    with pytest.MonkeyPatch.context() as patch:
        device = ["--device.emissions.deterministic", "true", "--device.emissions.probability", "1"]
        patch.setattr(closed_loop, "sumo_arguments", lambda *given: [*usual(*given), *device])
        make_run(RunSettings("cologne8", controller="net", end_s=END_S), folder)
    return folder


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("buses")
    make_run(RunSettings(str(bus_town(folder / "town")), controller="net"), folder)
    return folder


@pytest.fixture(scope="module")
def measured(cologne: Path) -> dict[str, Any]:
    return measure_run(cologne / "run", cologne / "evidence")


@pytest.fixture(scope="module")
def sources(cologne: Path) -> Sources:
    return read_sources(cologne / "run", cologne / "evidence")


def trips_of(folder: Path) -> dict[str, dict[str, str]]:
    text = read_packed(folder / "run" / "tripinfo.xml.gz")
    found = (dict(re.findall(r'([\w]+)="([^"]*)"', row)) for row in re.findall(r"<tripinfo ([^>]*)>", text))
    return {row["id"]: row for row in found}


def test_the_delay_is_that_of_the_independent_scorer(cologne: Path, measured: dict[str, Any]) -> None:
    theirs = ORACLE.score(str(cologne / "run" / "tripinfo.xml.gz"))
    assert measured["delay_s_per_vehicle"] == theirs["delay_s_per_vehicle"]
    assert measured["stops_per_vehicle"] == theirs["stops_per_vehicle"]
    assert measured["longest_wait_s"] == theirs["longest_wait_s"]
    assert {name: measured[f"vehicles_{name}"] for name in theirs["vehicles"]} == theirs["vehicles"]


def test_standing_adds_up_to_sumos_waiting_time(cologne: Path, sources: Sources) -> None:
    spells_s, vehicles = standing_spells(sources.table)
    sums_s = np.bincount(vehicles, weights=spells_s, minlength=len(sources.table.vehicles))
    trips = trips_of(cologne)
    assert len(sums_s) > 300
    for name, sum_s in zip(sources.table.vehicles, sums_s, strict=True):
        assert sum_s == pytest.approx(float(trips[name]["waitingTime"]), abs=1.0)


def test_stop_events_are_those_of_a_slow_count(sources: Sources) -> None:
    table, armed, events = sources.table, False, 0
    for row in range(len(table.vehicle)):
        armed = armed and not table.first[row]
        if table.speed_mps[row] > MOVING_MPS:
            armed = True
        elif table.standing[row] and armed:
            armed, events = False, events + 1
    assert events == np.count_nonzero(stop_rows(table)) > 100


def test_emissions_are_those_of_sumos_device(cologne: Path, measured: dict[str, Any]) -> None:
    text = read_packed(cologne / "run" / "tripinfo.xml.gz")
    for name, figure in (("CO2", "co2_kg"), ("fuel", "fuel_kg"), ("NOx", "nox_kg"), ("CO", "co_kg"), ("PMx", "pm_kg")):
        device_kg = sum(float(mass) for mass in re.findall(rf'{name}_abs="([\d.]+)"', text)) / 1e6
        assert measured[figure] == pytest.approx(device_kg, rel=0.015), name
    assert measured["emission_classes"] == ["HBEFA4/PC_petrol_Euro-4"]


def test_queues_are_those_of_a_slow_count(sources: Sources, measured: dict[str, Any]) -> None:
    table, grid = sources.table, sources.grid
    slow: dict[tuple[str, int], float] = {}
    count: dict[tuple[int, int], int] = defaultdict(int)
    for row in range(len(table.vehicle)):
        name, tick = table.vehicles[table.vehicle[row]], int(table.tick[row])
        if table.speed_mps[row] < HALTING_MPS:
            slow[name, tick] = 1.0
            if (name, tick - 1) in slow and grid.approach[row] >= 0:
                count[int(grid.approach[row]), tick] += 1
    queues, ticks = measured["tables"]["queues"], sources.ticks
    for index, approach in enumerate(sources.approaches):
        seen = sorted(count.get((index, tick), 0) for tick in range(ticks))
        assert queues["edge"][index] == approach.edge_id
        assert queues["mean_veh"][index] == pytest.approx(sum(seen) / ticks, abs=1e-4)
        assert queues["max_veh"][index] == seen[-1]
        assert queues["p95_veh"][index] == seen[math.ceil(0.95 * ticks) - 1]


def test_every_vehicle_passes_a_link_that_is_not_red(sources: Sources) -> None:
    """The lamp found for each passage was green or amber when the vehicle passed: places and times agree."""
    from sumo_scenarios.measures.lamps import read_lamps

    lamps, passages, table = read_lamps(sources.run, sources.times), sources.passages, sources.table
    known = np.flatnonzero(passages.passed)
    found = [k for k in known if passages.link[k] >= 0]
    assert len(found) > 0.97 * len(known) > 100
    red = 0
    for k in found:
        lamp = lamps[sources.approaches[passages.approach[k]].signal]
        tick = int(table.tick[passages.last_row[k]])
        letters = lamp.letters[max(tick - 2, 0) : tick + 2, passages.link[k]].tobytes().decode()
        red += not set(letters) & set("GgyY")
    assert red == 0


def test_arrivals_on_green_are_those_of_a_slow_projection(sources: Sources, measured: dict[str, Any]) -> None:
    """Take each passage alone, walk along its rows to the advance place, and look at the lamp."""
    from sumo_scenarios.measures.lamps import read_lamps
    from sumo_scenarios.measures.progression import ADVANCE_M, find_arrivals

    lamps = read_lamps(sources.run, sources.times)
    passages, table, grid = sources.passages, sources.table, sources.grid
    arrivals = find_arrivals(passages, lamps, sources.times)
    chosen = [
        k
        for k in range(len(passages.link))
        if passages.link[k] >= 0 and sources.approaches[passages.approach[k]].length_m >= 25.0
    ]
    assert len(chosen) == len(arrivals.at_s) > 100
    for k, at_s in zip(chosen, arrivals.at_s, strict=True):
        row = int(passages.first_row[k])
        while grid.to_stop_m[row] > ADVANCE_M and row < passages.last_row[k]:
            row += 1
        came_s, to_stop_m = float(table.time_s(table.tick[row])), float(grid.to_stop_m[row])
        if row > passages.first_row[k] and to_stop_m < ADVANCE_M:
            back_s = min((ADVANCE_M - to_stop_m) / max(table.speed_mps[row], 0.1), 1.0)
            came_s, to_stop_m = came_s - back_s, ADVANCE_M
        assert at_s == pytest.approx(came_s + to_stop_m / grid.free_mps[row])
    assert 0 < measured["arrivals_on_green_ratio"] < 1


def test_figures_that_cannot_be_had_are_none(measured: dict[str, Any]) -> None:
    """Cologne8 has neither buses nor pedestrians."""
    absent = [name for name in measured if name.startswith(("bus", "pedestrian")) or name == "crossings_walked"]
    assert len(absent) > 12
    assert {measured[name] for name in absent} == {None}


def test_buses_and_walkers_have_figures(town: Path) -> None:
    found = measure_run(town / "run", town / "evidence")
    assert all(found[name] is not None for name in found if name.startswith("pedestrian"))
    assert found["crossings_walked"] > 20
    assert 0 <= found["pedestrian_wait_s"] <= found["pedestrian_wait_p95_s"] <= found["pedestrian_wait_max_s"] < 120
    assert found["buses"] == 6
    assert found["bus_headway_s"] == pytest.approx(100.0, abs=15.0)
    assert found["bus_excess_wait_s"] == pytest.approx(0.0, abs=5.0)
    assert found["bus_bunching_ratio"] == 0.0
    assert found["bus_lateness_s"] is None, "the timetable gives no times"
    assert found["longest_standing_s"] < 120, "20 s at the halt are no standing in traffic"


def test_walkers_wait_as_a_slow_count_says(town: Path) -> None:
    from sumo_scenarios.measures.walkers import pedestrian_waits_s, read_walks

    sources = read_sources(town / "run", town / "evidence")
    walks = read_walks(town / "evidence" / "walkers.parquet", sources.net)
    waits_s, since_s, before = [], math.nan, (-1, False)
    last_s = float(walks.time_s.max())
    for row in range(len(walks.person)):
        person, now_s = int(walks.person[row]), float(walks.time_s[row])
        if (person, True) != before:
            since_s = math.nan
        if walks.kerb[row] and walks.standing[row] and math.isnan(since_s):
            since_s = now_s
        if walks.crossing[row] and before == (person, True):
            waits_s.append(0.0 if math.isnan(since_s) else now_s - since_s)
        ends = row + 1 == len(walks.person) or walks.person[row + 1] != person
        if ends and walks.kerb[row] and walks.standing[row] and now_s >= last_s:
            waits_s.append(now_s - since_s)
        before = (person, bool(walks.kerb[row]))
    assert sorted(waits_s) == sorted(pedestrian_waits_s(walks).tolist())
    assert max(waits_s) > 5


def test_parquet_is_read_as_polars_reads_it(cologne: Path, town: Path, tmp_path: Path) -> None:
    """In a process of its own: after polars this one could not fork another simulation."""
    script = (
        "import sys, polars as pl, numpy as np\n"
        "for index, path in enumerate(sys.argv[2:]):\n"
        "    rows = pl.read_parquet(path)\n"
        "    for name in rows.columns:\n"
        "        column = rows[name]\n"
        "        if column.dtype == pl.String: column = column.fill_null('no word')\n"
        "        np.save(f'{sys.argv[1]}/{index}.{name}.npy', column.to_numpy().astype('U' if column.dtype == pl.String else 'f8'))\n"
    )
    files = [folder / "evidence" / TRAJECTORIES for folder in (cologne, town)]
    files.append(town / "evidence" / "walkers.parquet")
    subprocess.run([sys.executable, "-c", script, str(tmp_path), *map(str, files)], check=True)
    for index, path in enumerate(files):
        names = [saved.name.split(".")[1] for saved in tmp_path.glob(f"{index}.*.npy")]
        assert len(names) >= 5
        for name, column in read_parquet(path, names).items():
            theirs = np.load(tmp_path / f"{index}.{name}.npy")
            if isinstance(column, Numbers):
                assert np.array_equal(column.values, theirs)
            elif isinstance(column, Names):
                assert np.array_equal(np.array([*column.words, "no word"])[column.codes], theirs)


def test_the_defaults_of_vehicle_classes_are_sumos(tmp_path: Path) -> None:
    types = "".join(f'<vType id="{name}" vClass="{name}"/>' for name in DEFAULTS)
    (tmp_path / "types.add.xml").write_text(f"<additional>{types}</additional>")
    bus_town(tmp_path / "town")
    script = (
        "import sys, libsumo\n"
        "libsumo.start(['sumo', '-n', sys.argv[1], '-a', sys.argv[2], '--no-step-log', 'true'])\n"
        "for name in sys.argv[3:]:\n"
        "    kind = libsumo.vehicletype\n"
        "    print('TYPE', name, kind.getLength(name), kind.getEmissionClass(name))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "town" / "town.net.xml"), str(tmp_path / "types.add.xml")]
    done = subprocess.run([*command, *DEFAULTS], capture_output=True, text=True, check=True)
    told = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("TYPE")]
    assert {name: (float(length), kind) for name, length, kind in told} == DEFAULTS


def test_a_warm_process_can_still_fork_a_run(tmp_path: Path) -> None:
    """What is read ahead and what is measured must not start threads that a forked run would wait for."""
    warm_up("cologne8")
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        make_run(RunSettings("cologne8", controller="net", end_s=25260.0, seed=seed), folder)
        assert measure_run(folder / "run", folder / "evidence")["vehicles_total"] > 10
