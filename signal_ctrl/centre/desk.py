"""What every service of the centre has at hand: store, clocks, random bytes; and how an act is written down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from signal_ctrl.centre.audit import MAX_TEXT
from signal_ctrl.centre.ports import Importance, Store, Transaction
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import AccessError, ConflictError, RefusedError
from signal_ctrl.domain.secrecy import RandomBytes

T = TypeVar("T")
CENTRE: Final = "centre"
"""Who acts where no person does."""
DONE: Final = "done"
_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Desk:
    """Store, clock and random bytes of one centre."""

    store: Store
    clock: Clock
    random: RandomBytes

    def now_ms(self) -> int:
        """Return the wall time. [ms, UTC]"""
        return self.clock.utc_ms()

    def new_id(self, prefix: str) -> str:
        """Return a name that nobody has: a prefix and 64 random bits in hex."""
        return f"{prefix}-{self.random(_ID_BYTES).hex()}"

    def act(
        self,
        who: str,
        action: str,
        obj: str,
        work: Callable[[Transaction], T],
        importance: Importance = Importance.NORMAL,
    ) -> T:
        """Carry out an act that writes its own audit record; a refusal is written down as well, and raised."""
        try:
            return self.store.write(work, importance)
        except (RefusedError, AccessError, ConflictError) as error:
            self.note_refusal(who, action, obj, str(error))
            raise

    def note_refusal(self, who: str, action: str, obj: str, why: str) -> None:
        """Write a refusal down, its beginning where it gives more reasons than a record has room for."""
        now_ms, outcome = self.now_ms(), f"refused: {why}"[:MAX_TEXT]
        self.store.write(lambda t: t.record(who, action, obj, outcome, now_ms))
