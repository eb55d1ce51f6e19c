"""The short form of the load trial: a real process, killed in the middle; nothing that was receipted is lost."""

import json
from pathlib import Path

import pytest

from bench import parking_load
from bench.intake.city import city_of
from bench.parking.drivers import DOWN, FORGOTTEN
from bench.parking.load_trial import (
    ROADS,
    Journal,
    ParkingLoad,
    _quantiles,
    facilities_on,
    findings,
    opened,
    prepared,
    trial_of,
)
from signal_ctrl.parking.batch import FORM, reading_document
from signal_ctrl.parking.readings import SpaceReading

SMALL = ParkingLoad(facilities=10, spaces=100, asks_s=5, events_s=100, seconds=4, kill=True, seed=1, core=0)
BOOT = "0" * 32


@pytest.mark.slow
def test_nothing_is_lost_when_it_is_killed(tmp_path: Path) -> None:
    row = trial_of(SMALL, tmp_path)
    assert row["lost"] == 0
    assert row["batches"] >= 10 and row["readings"] >= 100
    assert row["restart_s"] > 0
    assert row["asked"] >= 5
    assert set(row["refused"]) <= {DOWN, FORGOTTEN}
    assert "lost: 0" in parking_load.told({"key": "x", "load_average": 1.0, **row})


def test_the_oracle_notices_what_is_lost(tmp_path: Path) -> None:
    """What a journal claims and the store does not have is found, whichever of the two is wrong."""
    network = city_of(ROADS)
    prepared(tmp_path, network, facilities_on(network, SMALL))
    readings = [SpaceReading("P0", f"{n:04d}", 1_790_000_000_000, True) for n in (1, 2)]
    with opened(tmp_path) as (parking, _):
        machine = parking.machines.get("sensors-0")
        assert machine is not None
        at_ms = parking.clock.utc_ms()
        readings = [SpaceReading(each.facility, each.space, at_ms, True) for each in readings]
        body = FORM.to_bytes("sensors-0", BOOT, 1, [reading_document(each) for each in readings])
        assert json.loads(parking.intake.take(machine, body))["taken"] == 2
    journal = Journal()
    journal.batches[f"sensors-0/{BOOT}/1"] = 2
    journal.last = {("P0", "0001"): (at_ms, True), ("P0", "0002"): (at_ms, True)}
    assert findings(tmp_path, journal) == []
    journal.batches[f"sensors-0/{BOOT}/2"] = 2
    journal.last["P0", "0002"] = (at_ms + 1, False)
    assert len(findings(tmp_path, journal)) == 2


def test_quantiles_of_nothing_are_no_numbers() -> None:
    assert _quantiles([1.0, 2.0, 30.0]) == {"p50": 2.0, "p99": 30.0, "max": 30.0}
    assert _quantiles([])["p99"] != _quantiles([])["p99"]
