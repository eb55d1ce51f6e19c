"""What countdowns are told, against the lamps that came: WALK lasts at least so long, clearance to the tenth."""

from bench.link.site import trial_site
from signal_ctrl.cabinet.countdowns import CountdownTale
from signal_ctrl.engine.junction import JunctionEngine
from signal_ctrl.engine.unseen import unseen_junction
from signal_ctrl.kernel.aspects import Aspect
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import Request, Source, Wish

SITE = trial_site("cab-1")
WALK, MAIN_STAGE, SIDE_STAGE = 3, 0, 2


def told(until_ds: int, asked: dict[int, int]) -> tuple[list[tuple[int, str, int]], list[Aspect]]:
    """Return what was told (when, word, tenths) and the aspects of the crossing, frame by frame."""
    kernel = Kernel(SITE)
    engine, tale = (
        JunctionEngine(kernel, unseen_junction(SITE), None, kernel.in_service(0, SIDE_STAGE)),
        CountdownTale(),
    )
    found, aspects = [], []
    for now_ds in range(1, until_ds):
        if now_ds in asked:
            assert not engine.ask(
                Request(Source.POLICE, now_ds, now_ds - 1, now_ds + 9, Wish.HOLD, asked[now_ds], now_ds + 900),
                now_ds - 1,
            )
        engine.run_to(now_ds)
        aspects.append(engine.core.groups[WALK].aspect)
        for line in tale.look(engine):
            name, word, left = line.split()
            assert name == "walk"
            found.append((now_ds, word, int(left)))
    return found, aspects


def test_a_countdown_is_told_when_it_begins_and_ends_and_keeps_its_word() -> None:
    found, aspects = told(900, {10: MAIN_STAGE, 500: SIDE_STAGE})
    words = [word for _, word, _ in found]
    assert words == ["walk", "off", "clear", "off"]
    (walk, _, at_least), (over, *_), (clear, _, exactly), (done, _, zero) = found
    first, last = aspects.index(Aspect.WALK) + 1, aspects.index(Aspect.PED_CLEAR) + 1
    assert (walk, clear) == (first, last)
    assert at_least == SITE.groups[WALK].min_green_ds and over == walk + at_least <= clear
    assert exactly == SITE.groups[WALK].clearance_ds and zero == 0
    assert done == clear + exactly == len(aspects) - aspects[::-1].index(Aspect.PED_CLEAR) + 1


def test_out_of_service_nothing_is_counted() -> None:
    kernel = Kernel(SITE)
    engine, tale = JunctionEngine(kernel, unseen_junction(SITE), None, kernel.power_on(0)), CountdownTale()
    for now_ds in range(1, 40):
        engine.run_to(now_ds)
        assert tale.look(engine) == ()
