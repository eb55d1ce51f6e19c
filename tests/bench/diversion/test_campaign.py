"""The campaign: every run once, arms against each other on the same seeds, the picture."""

import json
from pathlib import Path

import pytest

from bench.diversion import campaign as module
from bench.diversion.__main__ import main
from bench.diversion.campaign import Campaign, Case, against, delay_veh_h
from bench.diversion.picture import diversion_map
from bench.seeds import seeds_of
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.diversion.proposal import Situation, propose
from signal_ctrl.watch.diversion.values import Limit
from sumo_scenarios.diversion_loop.order import Arm, DiversionOrder
from sumo_scenarios.diversion_loop.run import DiversionRun
from tests.signal_ctrl.watch.diversion.small_town import flows, guidance, town

SPENT = {Arm.USUAL: 100.0, Arm.NOTHING: 150.0, Arm.DIVERSION: 130.0, Arm.SIGNALS: 126.0}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[DiversionOrder]:
    """Runs that cost nothing: what is spent by arm, a little more with the seed."""
    orders: list[DiversionOrder] = []

    def run(order: DiversionOrder) -> DiversionRun:
        orders.append(order)
        spent = SPENT[order.arm] + order.settings.seed
        return DiversionRun(spent, 50.0, 10, 0, 0, 0, 0, {}, {}, None, 1.0)

    monkeypatch.setattr(module, "run_diversion", run)
    return orders


def test_each_run_is_made_once_and_the_ledger_goes_on(made: list[DiversionOrder], tmp_path: Path) -> None:
    ledger, case = tmp_path / "d.jsonl", Case("grid4x4", road="A1A2")
    first = Campaign(ledger).run(case, Arm.NOTHING, 1)
    assert Campaign(ledger).run(case, Arm.NOTHING, 1) == first
    assert len(made) == 1
    assert (made[0].road, made[0].closed_from_s, made[0].settings.demand_seed) == ("A1A2", 1200.0, 1)
    other = Case("grid4x4", road="A1A2", patience_s=300.0)
    Campaign(ledger).run(other, Arm.NOTHING, 1)
    assert len(made) == 2
    assert len(ledger.read_text().splitlines()) == 2


def test_arms_are_compared_on_the_same_seeds_against_ideal_times(made: list[DiversionOrder], tmp_path: Path) -> None:
    campaign, case = Campaign(tmp_path / "d.jsonl"), Case("grid4x4", road="A1A2")
    lines = {arm: {seed: campaign.run(case, arm, seed) for seed in (0, 10)} for arm in Arm}
    assert delay_veh_h(lines[Arm.NOTHING][0], lines[Arm.USUAL][0]) == pytest.approx(100.0)
    found = {(one.arm, one.other): one for one in against(lines)}
    assert found["diversion", "nothing"].changes == pytest.approx((-20.0, 100 * (90 / 110 - 1)))
    assert found["diversion and signals", "diversion"].mean == pytest.approx((-5.0 - 100 * 4 / 90) / 2)
    assert found["diversion", "nothing"].worst == pytest.approx(100 * (90 / 110 - 1))
    del lines[Arm.USUAL]
    assert {(one.arm, one.other) for one in against(lines)} == set(found)


def test_the_command_prints_its_table(
    made: list[DiversionOrder], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["--road", "A1A2", "--seeds", "1-2", "--ledger", str(tmp_path / "d.jsonl"), "--scale", "1"]
    assert main(wanted) == 0
    told = capsys.readouterr().out
    assert "diversion against nothing: -19.7 %" in told
    assert {order.arm for order in made} == {Arm.NOTHING, Arm.DIVERSION, Arm.SIGNALS}
    keys = [json.loads(line)["key"] for line in (tmp_path / "d.jsonl").read_text().splitlines()]
    assert keys[0] == "grid4x4/fixed/x1/comply 0.4/road A1A2/nothing/s1"


def test_seeds_are_a_span() -> None:
    for wrong in ("", "3-1", "a"):
        with pytest.raises(InvalidInputError):
            seeds_of(wrong)


def test_the_picture_shows_the_closed_road_the_signs_and_the_ways() -> None:
    network = town()
    times_s = {road.road: road.free_time_s for road in network.roads}
    proposal = propose(Situation(network, guidance(), flows(network), times_s), Limit("b", 0.0, 0, 1_800_000))
    drawn = diversion_map(network, proposal, "b")
    assert drawn.count('class="shut"') == 1
    assert drawn.count('class="sign"') == 1
    assert drawn.count('class="way"') == len(proposal.ways[0].roads) - 1
    assert "b closed: 500 veh/h" in drawn
