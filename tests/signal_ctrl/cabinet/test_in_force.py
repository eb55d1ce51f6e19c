"""Of several orders of one source: which claim of the kernel is whose when one of them is refused."""

from bench.link.site import trial_site
from signal_ctrl.cabinet.in_force import InForce
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.overrides import OverrideKind, OverrideOrder
from signal_ctrl.kernel.state import Request, Source, Wish

NOW_MS = 1_800_000_000_000


class OneClaim:
    """A gate with one claim a source, that lets no stage be called while it flashes."""

    def __init__(self) -> None:
        self.claim: tuple[int, Wish] | None = None

    def ask(self, request: Request, now_ds: int) -> str:
        if self.claim is not None and self.claim[1] is Wish.FLASH and request.wish is not Wish.FLASH:
            return "K7"
        self.claim = (request.sequence, request.wish)
        return ""

    def release(self, source: Source, sequence: int, now_ds: int) -> str:
        if self.claim is not None and self.claim[0] == sequence:
            self.claim = None
        return ""


def order(name: str, kind: OverrideKind, begin_ms: int, stage: str = "") -> OverrideOrder:
    return OverrideOrder(name, kind, stage, begin_ms, begin_ms + 600_000, 600_000)


def test_an_order_stays_releasable_while_a_newer_one_is_refused() -> None:
    clock, gate, told = ManualClock(NOW_MS, 0), OneClaim(), list[tuple[str, str, str]]()
    in_force = InForce(trial_site("cab-1"), gate, clock, lambda *what: told.append(what))
    flash = order("ov-1", OverrideKind.FLASH, NOW_MS)
    hold = order("ov-2", OverrideKind.HOLD_STAGE, NOW_MS + 1_000, "side")
    in_force.update([flash], 0)
    clock.pass_ms(1_000)
    in_force.update([flash, hold], 10)
    assert ("ov-2", "override-refused", "K7") in told
    assert in_force.ids == ("ov-1",)
    clock.pass_ms(1_000)
    in_force.update([hold], 20)
    assert ("ov-1", "override-ends", "released") in told
    assert gate.claim is not None
    assert gate.claim[1] is Wish.HOLD
    assert in_force.ids == ("ov-2",)


def test_an_order_gives_its_claim_to_a_newer_one_and_takes_it_up_again() -> None:
    clock, gate = ManualClock(NOW_MS, 0), OneClaim()
    in_force = InForce(trial_site("cab-1"), gate, clock, lambda *_: None)
    first = order("ov-1", OverrideKind.HOLD_STAGE, NOW_MS, "main")
    second = order("ov-2", OverrideKind.HOLD_STAGE, NOW_MS + 1_000, "side")
    in_force.update([first], 0)
    clock.pass_ms(1_000)
    in_force.update([first, second], 10)
    assert in_force.ids == ("ov-2",)
    in_force.update([first], 20)
    assert in_force.ids == ("ov-1",)
    in_force.update([], 30)
    assert in_force.ids == ()
    assert gate.claim is None


def test_nothing_is_remembered_of_orders_that_no_longer_count() -> None:
    """Years of overrides, some released, some over while they are still ordered, across a gap of the clock too."""
    clock, gate = ManualClock(NOW_MS, 0), OneClaim()
    in_force = InForce(trial_site("cab-1"), gate, clock, lambda *_: None)
    for k in range(2_000):
        first = order(f"ov-{k}", OverrideKind.HOLD_STAGE, clock.utc_ms(), "main")
        now_ds = clock.mono_ms() // 100
        in_force.update([first], now_ds)
        clock.pass_ms(700_000 if k % 2 else 1_000)
        in_force.update([first], now_ds)
    assert in_force.remembered <= 2
    in_force.update([], clock.mono_ms() // 100)
    assert in_force.remembered == 0
