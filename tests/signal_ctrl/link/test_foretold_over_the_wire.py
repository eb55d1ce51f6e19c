"""Who comes goes from the centre to the adviser of a cabinet; what is stale, forged, absurd or another's does not."""

from dataclasses import replace
from typing import Any

import pytest

from bench.link.sight import ScriptedAdviser, ScriptedLoops, trial_layout
from bench.link.site import trial_plan, trial_site
from bench.link.world import Cabin, LinkWorld
from detectors.crossings.waiting import CrossingSense
from signal_ctrl.cabinet.advising import Sight
from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.centre.faults import FAULTS, Facility
from signal_ctrl.centre.tickets import TICKETS
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.foretold import Foretold, ForetoldKind, foretelling_to_bytes
from signal_ctrl.engine.adviser import Advised, Glimpse

BUS = Foretold(ForetoldKind.BUS, 7, "in1", "out1", (30.0, 31.0, 33.0, 36.0), 350.0, 9.0, 23.1)
BUTTON_FAULT = "K12-button-4"


def seeing(world: LinkWorld, mode: ControlMode = ControlMode.SHADOW) -> tuple[Cabin, list[Glimpse]]:
    """Return a cabinet with loops and buttons whose adviser is asked what it would do, and what that is shown."""
    cabin = world.add("cab-1")

    def script(glimpse: Glimpse) -> Advised:
        return Advised(glimpse.now_s, -1, None, 0b1111, 1000.0, failed=stuck[0])

    stuck: list[frozenset[int]] = [frozenset()]
    adviser = ScriptedAdviser(script)
    cabin.sight = Sight(trial_layout(cabin.kernel.site), ScriptedLoops(), adviser, 60.0, CrossingSense.BUTTONS)
    world.restart(cabin)
    world.order(cabin, trial_plan(trial_site("cab-1"), (30, 14, 16)), control=mode)
    world.run(20_000)  # start-up
    adviser.seen.clear()
    world.seen.clear()
    world.stuck = stuck  # type: ignore[attr-defined]
    return cabin, adviser.seen


def coming(world: LinkWorld, *who: Foretold) -> list[tuple[str, int]]:
    """Let the centre know of some who come to signal cab-1; return the times at which it was asked."""
    asked: list[tuple[str, int]] = []

    def source(signal: str, at_utc_ms: int) -> list[Foretold]:
        asked.append((signal, at_utc_ms))
        return list(who) if signal == "cab-1" else []

    world.world.centre.foretelling.sources.append(source)
    return asked


def shown(seen: list[Glimpse], since: int = 0) -> list[tuple[Foretold, ...]]:
    return [glimpse.coming for glimpse in seen[since:]]


def test_the_adviser_sees_who_comes_as_of_the_second_that_it_looks_at(world: LinkWorld) -> None:
    _, seen = seeing(world)
    asked = coming(world, BUS)
    world.run(20_000)
    found = [one for one in shown(seen) if one]
    assert len(found) > 10
    for (bus,) in found:
        aged_s = BUS.times_s[0] - bus.times_s[0]
        assert 0.0 <= aged_s <= 3.0
        assert bus == BUS.after(aged_s)
    assert all(signal == "cab-1" and at_ms % 1000 == 0 for signal, at_ms in asked)


def test_while_nobody_comes_it_is_asked_less_often(world: LinkWorld) -> None:
    seeing(world)
    asked = coming(world)
    world.run(60_000)
    assert 8 <= len(asked) <= 14


def test_who_does_not_want_to_know_asks_for_nobody(world: LinkWorld) -> None:
    _, seen = seeing(world, ControlMode.PLAN)
    world.add("cab-2")  # without an adviser
    asked = coming(world, BUS)
    world.run(20_000)
    assert seen
    assert asked == []


def test_what_was_foretold_is_gone_ten_seconds_after_the_centre_was_heard_last(world: LinkWorld) -> None:
    _, seen = seeing(world)
    coming(world, BUS)
    world.run(20_000)
    assert shown(seen)[-1]
    world.blocked.add("cab-1")
    since = len(seen)
    world.run(30_000)
    cut_s = seen[since].now_s
    told = {glimpse.now_s - cut_s: bool(glimpse.coming) for glimpse in seen[since:]}
    assert all(told[after_s] for after_s in told if after_s <= 5.0)
    assert not any(told[after_s] for after_s in told if after_s >= 12.0)  # long before the centre counts as lost
    assert min(told) <= 5.0 and max(told) >= 12.0
    world.blocked.clear()
    world.run(90_000)
    assert shown(seen)[-1]


def only_foretold(change: Any) -> Any:
    """Return what changes answers to who is foretold, and no other."""

    def watch(_cabin: Cabin, ask: Ask, answer: Answer | None) -> Answer | None:
        return change(answer) if ask.path.endswith("/foretold") and answer is not None else answer

    return watch


@pytest.mark.parametrize(
    "change",
    [
        lambda answer: replace(answer, body=answer.body.replace(b'"cars":23.1', b'"cars":99.9')),
        lambda answer: replace(answer, body=answer.body[:-9]),
        lambda answer: replace(answer, status=404),
        lambda answer: None,
    ],
    ids=["forged", "cut", "another status", "silent"],
)
def test_an_answer_that_is_not_the_centres_counts_for_nothing_and_holds_up_no_poll(
    world: LinkWorld, change: Any
) -> None:
    cabin, seen = seeing(world)
    coming(world, BUS)
    world.watch = only_foretold(change)
    world.run(90_000)
    assert not any(shown(seen))
    assert cabin.agent.link.answers
    polls = [at for at, _, ask, _ in world.seen if ask.path.endswith("/plan")]
    assert len(polls) >= 70  # of 90; an answer that does not come is waited for for 5 s, every 30 s


def test_an_old_answer_cannot_be_played_back(world: LinkWorld) -> None:
    _, seen = seeing(world)
    coming(world, BUS)
    kept: list[Answer] = []

    def replay(answer: Answer) -> Answer:
        kept.append(answer)
        return kept[0]

    world.run(3_000)
    world.watch = only_foretold(replay)
    world.run(60_000)
    assert len(kept) > 1
    assert not any(shown(seen, 30))


@pytest.mark.parametrize(
    "who",
    [
        replace(BUS, cars=5_000.0),
        replace(BUS, times_s=(1e9,)),
        replace(BUS, speed_mps=400.0),
        replace(BUS, to_stop_m=-5.0),
    ],
)
def test_who_cannot_be_is_not_there_though_the_centre_says_so(world: LinkWorld, who: Foretold) -> None:
    """The centre itself is wrong: its document is signed, and holds somebody who cannot be."""
    _, seen = seeing(world)
    world.world.centre.foretelling.answer = lambda cabinet: (  # type: ignore[method-assign]
        foretelling_to_bytes(cabinet, world.now_ms, (BUS,)).replace(*changed(who))
    )
    world.run(20_000)
    assert len(seen) > 15
    assert not any(shown(seen))


def changed(who: Foretold) -> tuple[bytes, bytes]:
    """Return what of the document of the bus has to be replaced by what."""
    names = [name for name in ("cars", "speed_mps", "to_stop_m") if getattr(who, name) != getattr(BUS, name)]
    if names:
        old, new = getattr(BUS, names[0]), getattr(who, names[0])
        return f'"{names[0]}":{old}'.encode(), f'"{names[0]}":{new}'.encode()
    return b'"times_s":[30.0,', b'"times_s":[1e9,'


def test_what_is_for_another_cabinet_counts_for_nothing(world: LinkWorld) -> None:
    _, seen = seeing(world)
    world.world.centre.foretelling.answer = lambda _: (  # type: ignore[method-assign]
        foretelling_to_bytes("cab-2", world.now_ms, (BUS,))
    )
    world.run(20_000)
    assert not any(shown(seen))


def test_a_stuck_button_is_a_fault_with_a_ticket_until_it_is_sound(world: LinkWorld) -> None:
    _, seen = seeing(world)
    world.stuck[0] = frozenset({3})  # type: ignore[attr-defined]
    world.run(30_000)

    def faults() -> list[Any]:
        return list(world.world.store.read(lambda r: r.shelf(FAULTS).find({"cabinet": "cab-1"}, limit=100)))

    (fault,) = [each for each in faults() if each.code == BUTTON_FAULT]
    assert (fault.facility, fault.device, fault.end_utc_ms) == (Facility.DETECTOR, "button-4", None)
    assert "recall" in fault.text
    tickets = world.world.store.read(lambda r: r.shelf(TICKETS).find(limit=100))
    assert [ticket.device for ticket in tickets if ticket.facility is Facility.DETECTOR] == ["button-4"]
    world.stuck[0] = frozenset()  # type: ignore[attr-defined]
    world.run(30_000)
    (fault,) = [each for each in faults() if each.code == BUTTON_FAULT]
    assert fault.end_utc_ms is not None
    assert seen
