"""A route behind its convoy: single cabinets of an override given back, by whom, and what becomes of the rest."""

from collections.abc import Iterator
from typing import Any

import pytest

from signal_ctrl.centre.override_checks import override_of
from signal_ctrl.centre.override_document import RouteStop, document_hash, document_json, document_of
from signal_ctrl.centre.override_values import Override, OverrideState
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, NotFoundError, StorageFullError
from signal_ctrl.domain.link.acknowledgement import AckState
from signal_ctrl.domain.link.overrides import OverrideKind
from tests.signal_ctrl.centre.worlds import World, world

ROUTE = tuple(RouteStop(f"c{k}", "side", 100 * k + 60) for k in range(3))


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def convoy(here: World) -> Override:
    return here.issued(kind=OverrideKind.GREEN_ROUTE, scope=None, stage="", route=ROUTE, convoy_s=20)


def holding(here: World) -> list[str]:
    return [name for name in here.cabinets if here.orders(name).overrides]


def kept(here: World, override: Override) -> Override:
    return here.store.read(lambda r: override_of(r, override.override_id))


def test_a_document_tells_when_the_convoy_arrives_and_its_hash_covers_that(convoy: Override) -> None:
    start_ms = convoy.document.start_utc_ms
    assert [leg.arrives_utc_ms for leg in convoy.document.legs] == [start_ms + 1000 * s for s in (60, 160, 260)]
    plain = document_json(convoy.document)
    assert document_of(plain) == convoy.document
    plain["legs"][1]["arrives_utc_ms"] += 1
    assert document_hash(document_of(plain)) != convoy.sha256


def test_an_override_without_a_convoy_is_the_document_that_it_always_was(here: World) -> None:
    (leg,) = document_json(here.issued().document)["legs"]
    assert set(leg) == {"cabinet", "stage", "start_utc_ms", "end_utc_ms"}


def test_what_lies_behind_is_given_back_and_the_rest_goes_on(here: World, convoy: Override) -> None:
    here.passes(70_000, 10_000)
    after = here.centre.giving_back.give_back(here.actor("olga"), convoy.override_id, ["c0"])
    assert holding(here) == ["c1", "c2"]
    assert after.state is OverrideState.ACTIVE
    assert [(one.cabinet, one.by) for one in kept(here, convoy).given_back] == [("c0", "olga")]
    assert kept(here, convoy).sha256 == convoy.sha256
    assert ("olga", "give cabinets back") in [(who, what) for who, what, _ in here.audit()]
    assert [leg.cabinet for leg in after.legs_left] == ["c1", "c2"]
    here.passes(600_000, 10_000)
    assert holding(here) == []
    ended = kept(here, convoy)
    assert ended.state is OverrideState.EXPIRED
    assert [one.cabinet for one in ended.given_back] == ["c0"]


def test_a_second_time_is_written_once(here: World, convoy: Override) -> None:
    for _ in range(2):
        here.centre.giving_back.give_back(here.actor("olga"), convoy.override_id, ["c0"])
    assert len(kept(here, convoy).given_back) == 1
    assert sum(what == "give cabinets back" for _, what, _ in here.audit()) == 1


def test_the_last_ones_are_a_release(here: World, convoy: Override) -> None:
    here.centre.giving_back.give_back(here.actor("sam"), convoy.override_id, ["c0", "c1"])
    over = here.centre.giving_back.give_back(here.actor("sam"), convoy.override_id, ["c2"])
    assert (over.state, over.ended_by) == (OverrideState.RELEASED, "sam")
    assert holding(here) == []


def test_who_may_not_release_gives_nothing_back(here: World, convoy: Override) -> None:
    for login in ("otto", "eve"):
        with pytest.raises(ForbiddenError):
            here.centre.giving_back.give_back(here.actor(login), convoy.override_id, ["c0"])
    assert holding(here) == ["c0", "c1", "c2"]


@pytest.mark.parametrize("names", [["c9"], ["c0", "c9"], []])
def test_cabinets_that_it_does_not_have(here: World, convoy: Override, names: list[str]) -> None:
    with pytest.raises(NotFoundError, match="has no cabinet"):
        here.centre.giving_back.give_back(here.actor("olga"), convoy.override_id, names)
    assert not kept(here, convoy).given_back


def test_what_is_over_or_not_in_force_yet_is_refused(here: World, convoy: Override) -> None:
    here.centre.overrides.release(here.actor("olga"), convoy.override_id)
    later = here.issued(start_utc_ms=here.clock.utc_ms() + 600_000)
    for override in (convoy, later):
        with pytest.raises(ConflictError):
            here.centre.giving_back.give_back(here.actor("olga"), override.override_id, [override.cabinets[0]])


def test_it_needs_no_store_and_is_written_later(here: World, convoy: Override, monkeypatch: Any) -> None:
    def full(*_: Any) -> Any:
        raise StorageFullError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(here.store, "write", full)
        here.centre.giving_back.give_back(here.actor("olga"), convoy.override_id, ["c0"])
        assert holding(here) == ["c1", "c2"]
        served = here.orders("c0").version
    assert not kept(here, convoy).given_back
    here.clock.pass_ms(1000)
    here.centre.tick()
    assert [one.cabinet for one in kept(here, convoy).given_back] == ["c0"]
    assert here.orders("c0").version > served
    assert holding(here) == ["c1", "c2"]
    late = [one.record for one in here.store.read(lambda r: r.audit.records(limit=1000)) if one.record.late]
    assert [(one.actor, one.action) for one in late] == [("olga", "give cabinets back")]


def test_a_release_meanwhile_stays_a_release(here: World, convoy: Override, monkeypatch: Any) -> None:
    def full(*_: Any) -> Any:
        raise StorageFullError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(here.store, "write", full)
        here.centre.giving_back.give_back(here.actor("olga"), convoy.override_id, ["c0"])
        here.centre.overrides.release(here.actor("olga"), convoy.override_id)
    here.clock.pass_ms(1000)
    here.centre.tick()
    assert kept(here, convoy).state is OverrideState.RELEASED
    assert holding(here) == []


def test_it_lasts_over_a_start_of_the_centre(here: World, convoy: Override) -> None:
    here.centre.giving_back.give_back(here.actor("olga"), convoy.override_id, ["c0"])
    here.centre = type(here.centre)(here.store, here.clock, here.centre.desk.random, here.centre.key)
    here.centre.start()
    assert holding(here) == ["c1", "c2"]
    assert [leg.cabinet for leg in here.centre.overrides.live()[0].legs_left] == ["c1", "c2"]


def test_the_measured_price_counts_the_time_until_it_was_given_back(here: World, convoy: Override) -> None:
    for name in here.cabinets:
        here.acknowledge(name, AckState.ACTIVE)
    here.passes(70_000, 10_000)
    here.centre.giving_back.give_back(here.actor("olga"), convoy.override_id, ["c0"])
    here.passes(700_000, 10_000)
    measured, leg = kept(here, convoy).measured, convoy.document.legs[0]
    assert measured is not None
    held_s = (convoy.document.start_utc_ms + 70_000 - leg.start_utc_ms) / 1000
    assert 0 < held_s < (leg.end_utc_ms - leg.start_utc_ms) / 1000
    assert f"c0: held {held_s:g} s" in next(text for text in measured.inputs if text.startswith("c0:"))
