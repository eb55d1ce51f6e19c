from pathlib import Path

import pytest

from bench.parking import campaign as campaigns
from bench.parking.campaign import Campaign, Case, comparisons, first_share
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.parking_loop.order import Arm, ParkingOrder
from sumo_scenarios.parking_loop.run import ParkingRun, Searched


def made(order: ParkingOrder, search_m: float) -> ParkingRun:
    kinds = {"all": Searched(100, search_m, 50.0, 2.0, 0.9, 1.0), "phone": Searched(60, 1.0, 9.0, 1.0, 0.98, 1.0)}
    spent = 100.0 + search_m / 10 + order.settings.seed
    return ParkingRun(spent, 20.0, 1000, 3, 0, 0, 0, 4, 400, 0.9, 1.0, 0, kinds, 1.0)


def test_a_campaign_goes_on_where_it_was_and_compares_the_same_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Arm, int]] = []

    def run(order: ParkingOrder, _report: object) -> ParkingRun:
        asked.append((order.arm, order.settings.seed))
        assert order.settings.seed == order.settings.demand_seed
        return made(order, {Arm.BLIND: 40.0, Arm.NEAREST: 30.0, Arm.GUIDED: 10.0}[order.arm])

    monkeypatch.setattr(campaigns, "run_parking", run)
    case, ledger = Case("newtown-2x3", "adaptive", 20.0), tmp_path / "parking.jsonl"
    for _ in range(2):
        campaign = Campaign(ledger)
        lines = {
            arm: {seed: campaign.run(case, arm, seed) for seed in (1, 2, 3)}
            for arm in (Arm.BLIND, Arm.NEAREST, Arm.GUIDED)
        }
    assert len(asked) == 9
    told = {(one.arm, one.other, one.figure): one for one in comparisons(lines)}
    assert told["guided", "blind", "search"].mean_percent == pytest.approx(-75.0)
    assert told["guided", "nearest", "search"].mean_percent == pytest.approx(-66.7, abs=0.1)
    assert told["guided", "blind", "spent"].mean == pytest.approx(-3.0)
    low, high = told["guided", "blind", "spent"].interval_percent or (0.0, 0.0)
    assert low < -2.8 < high
    assert first_share(list(lines[Arm.GUIDED].values()), ("phone",)) == pytest.approx(0.98)
    assert first_share([], ("phone",)) is None


def test_a_case_says_what_it_is_and_refuses_what_cannot_be() -> None:
    assert Case("newtown", minutes=30.0).key(Arm.KNOWN, 4) == (
        "newtown/fixed/30 min/x1/phone 0.6 signs 0.2/fill 0.9/known/s4"
    )
    with pytest.raises(InvalidInputError):
        Case("newtown", "actuated")
