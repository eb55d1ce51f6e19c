"""A response rehearsed on a small network: overrides reach the lamps, plans come back, and the price is the difference."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bench.referees import wrong_lamps
from bench.tuning.store import fallback_plan
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError
from signal_ctrl.watch.responses.response_file import response_from_text
from sumo_scenarios.response_rehearsal.centre import rehearsed_part
from sumo_scenarios.response_rehearsal.driver import ACTS
from sumo_scenarios.response_rehearsal.rehearsal import Rehearsal, interval, rehearse
from sumo_scenarios.settings import RunSettings
from tests.signal_ctrl.watch.responses.response_worlds import RESPONSE

HEAD = 'format = "signal-ctrl response 1"\nname = "made"\ntitle = "made"\nkind = "other"\n'
HOLD = """
lasts_s = 240
[[override]]
name = "hold"
kind = "hold_stage"
reason = "event"
cabinets = ["K0"]
stage = "s1"
lasts_s = 180
"""


@cache
def settings(end_s: float = 24840.0) -> RunSettings:
    """Return settings with the tuned plan: to compute one takes longer than the runs."""
    bare = RunSettings("corridor", "fixed", begin_s=24300.0, end_s=end_s)
    return replace(bare, plan=fallback_plan("corridor", bare.profile))


def rehearsal(text: str = HOLD, **changes: Any) -> Rehearsal:
    given = {"response": response_from_text(HEAD + text), "settings": settings(), "seeds": (1,), "at_s": 120.0}
    return Rehearsal(**given | changes)


@pytest.mark.sumo
@pytest.mark.slow
def test_an_override_holds_its_stage_and_costs_delay(tmp_path: Path) -> None:
    verdict = rehearse(rehearsal(), tmp_path)
    (one,) = verdict.rehearsed
    assert (one.begun, one.refused, one.violations, one.invalid) == (1, (), 0, ())
    assert (one.began_at_s, one.ended_at_s) == (24420.0, 24660.0)
    assert verdict.price_veh_h == pytest.approx(one.delay_with_veh_h - one.delay_without_veh_h)
    assert one.price_veh_h > 0 and verdict.interval_veh_h is None
    assert wrong_lamps(one.folders[1]) == {}
    acts = json.loads((one.folders[1] / ACTS).read_text(encoding="utf-8"))
    assert [said["what"] for said in acts["overrides"]] == ["override-begins", "override-ends"]
    assert acts["order"]["parts"] == [{"part": "hold", "kind": "override", "state": "done"}]
    idle = json.loads((one.folders[0] / ACTS).read_text(encoding="utf-8"))
    assert (idle["order"], idle["overrides"]) == (None, [])


@pytest.mark.sumo
def test_what_cannot_be_ordered_says_why(tmp_path: Path) -> None:
    with pytest.raises(SignalCtrlError, match="there is no cabinet K77"):
        rehearse(rehearsal(HOLD.replace('"K0"', '"K77"'), settings=settings(24310.0), at_s=1.0), tmp_path)


def test_only_what_signals_do_is_rehearsed() -> None:
    response = response_from_text(RESPONSE)
    part = rehearsed_part(response)
    assert part.overrides == response.overrides and part.plans == response.plans
    assert (part.signs, part.missions, part.checklist) == ((), (), ())
    with pytest.raises(InvalidInputError, match="nothing to rehearse"):
        rehearsed_part(replace(response, overrides=(), plans=()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": ()}, "seeds"),
        ({"seeds": (1, 1)}, "each once"),
        ({"at_s": -1.0}, "0 s after"),
        ({"settings": RunSettings("corridor", "adaptive")}, "controller is fixed"),
    ],
)
def test_what_makes_no_rehearsal(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        rehearsal(**changes)


def test_the_interval_is_students() -> None:
    found = interval([4.0, 6.0, 8.0, 10.0])
    assert found is not None
    assert found == pytest.approx((7.0 - 3.1824463 * 2.5819889 / 2, 7.0 + 3.1824463 * 2.5819889 / 2))
    assert interval([1.0]) is None
