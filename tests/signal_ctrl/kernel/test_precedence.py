"""All pairs of sources in both orders, and what an onlooker can read from the claims."""

import itertools
from dataclasses import replace

import pytest

from signal_ctrl.kernel.precedence import claim_of, mode_wanted, ruling
from signal_ctrl.kernel.state import NO_CLAIMS, Claim, Claims, Mode, Source, Wish
from tests.signal_ctrl.kernel.claim_scenarios import RANKS, pair
from tests.signal_ctrl.kernel.small_sites import MAIN_STAGE, SIDE_STAGE, Drive, crossroads
from tests.signal_ctrl.kernel.worlds import REAL


@pytest.mark.parametrize("high_first", [True, False])
@pytest.mark.parametrize(("high", "low"), list(itertools.combinations(RANKS, 2)))
def test_the_higher_source_is_obeyed(high: str, low: str, high_first: bool) -> None:
    assert not pair(REAL, high, low, high_first)


@pytest.mark.parametrize("who", RANKS[1:])
def test_the_same_source_replaces_what_it_asked_for(who: str) -> None:
    """Row n against row n: the last wish of one source counts, within its terms."""
    drive = Drive(crossroads())
    drive.door()
    drive.run(100)
    wish = "STAGE" if who in ("ADAPTIVE", "SCHEDULE") else "HOLD"
    if who == "BUS_PRIORITY":
        drive.ask(MAIN_STAGE, wish, who, 50)
    else:
        drive.ask(2, wish, who)
        drive.ask(1, wish, who)
        assert drive.core.stage == 1
    assert [claim.source for claim in drive.core.claims.standing] == [Source[who]]


def test_the_order_is_that_of_the_ranks() -> None:
    assert [source.name for source in sorted(Source)] == list(RANKS[1:])


def test_claims_tell_who_rules() -> None:
    drive = Drive(crossroads())
    drive.run(100)
    assert ruling(drive.core, 100) is None
    assert mode_wanted(drive.core, 100) is None
    assert drive.core.claims is NO_CLAIMS
    drive.ask(SIDE_STAGE, "HOLD", "POLICE", 600)
    drive.ask(wish="FLASH")
    police = Claim(Source.POLICE, 1, Wish.HOLD, SIDE_STAGE, 700)
    assert ruling(drive.core, 699) == police == claim_of(drive.core, Source.POLICE, 699)
    assert claim_of(drive.core, Source.POLICE, 700) is None
    assert mode_wanted(drive.core, 700) is Mode.FLASHING


def test_nobody_rules_in_a_fault() -> None:
    drive = Drive(crossroads())
    drive.ask(SIDE_STAGE, "HOLD", "POLICE", 600)
    assert ruling(replace(drive.core, mode=Mode.FAULT), 1) is None


@pytest.mark.parametrize("claims", [Claims(all_red=True), Claims(standing=(Claim(Source.POLICE, 1, Wish.HOLD, 0, 9),))])
def test_claims_that_ask_for_something_are_not_quiet(claims: Claims) -> None:
    assert not claims.is_quiet
    assert NO_CLAIMS.is_quiet
