"""Fixed-time plans: per signal its stages in order, their splits, the cycle and the offset.

A plan that exists is whole, and it holds no safety interval. It is made for one site, whose hash it carries, and says
when the change to each stage begins; the safety kernel makes the change. Whether a site can keep a plan to the frame is
for the acceptance to say.
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.site_parts import is_whole
from signal_ctrl.domain.timing import DS_PER_S

FORMAT: Final = "signal-ctrl plan 1"
CYCLE_DS: Final = (300, 3000)
MAX_STAGES: Final = 16
MAX_DOCUMENT_BYTES: Final = 1 << 22
_HASH_LENGTH: Final = 64
_PLAN_KEYS: Final = ("format", "name", "signals")
_SIGNAL_KEYS: Final = ("signal_id", "site", "cycle_ds", "offset_ds", "stages", "splits_ds")


@dataclass(frozen=True, slots=True)
class SignalPlan:
    """The plan of one signal. [ds]

    `site` is the SHA-256 of the site that it is made for, `stages` are names of that site's stages in the order of the
    cycle, `splits_ds` their shares of it. The change to `stages[0]` begins `offset_ds` after each multiple of the
    cycle, counted from the time 0 of the common clock; the change to each other stage when the splits before it end.
    """

    signal_id: str
    site: str
    cycle_ds: int
    offset_ds: int
    stages: tuple[str, ...]
    splits_ds: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.site) != _HASH_LENGTH or set(self.site) - set("0123456789abcdef"):
            raise self._fail("'site' is not the hash of a site")
        if not 1 <= len(self.stages) <= MAX_STAGES or len(self.stages) != len(self.splits_ds):
            raise self._fail(f"needs 1 to {MAX_STAGES} stages and a split for each")
        if len(self.stages) > 1 and any(a == b for a, b in zip(self.stages, self._after(), strict=True)):
            raise self._fail("names a stage twice in a row; give it one split")
        times_ds = (self.cycle_ds, self.offset_ds, *self.splits_ds)
        if not all(is_whole(t, (0, CYCLE_DS[1])) and t % DS_PER_S == 0 for t in times_ds):
            raise self._late("times are whole seconds, as whole numbers of tenths")
        if not CYCLE_DS[0] <= self.cycle_ds <= CYCLE_DS[1]:
            raise self._late(f"need {CYCLE_DS[0]} <= cycle_ds <= {CYCLE_DS[1]}, got {self.cycle_ds}")
        if sum(self.splits_ds) != self.cycle_ds or min(self.splits_ds) <= 0:
            raise self._late(f"splits have to be above 0 and make up the cycle of {self.cycle_ds} ds")
        if not self.offset_ds < self.cycle_ds:
            raise self._late(f"need an offset below the cycle, got {self.offset_ds} ds")

    def place(self, now_ds: int) -> tuple[int, int]:
        """Return whose turn it is, as an index of `stages`, and how long it has been. [ds]

        >>> plan = SignalPlan("a", "0" * 64, 600, 100, ("s1", "s2"), (400, 200))
        >>> plan.place(100), plan.place(499), plan.place(500), plan.place(99)
        ((0, 0), (0, 399), (1, 0), (1, 199))
        """
        clock_ds = (now_ds - self.offset_ds) % self.cycle_ds
        starts_ds = self.starts_ds
        index = bisect_right(starts_ds, clock_ds) - 1
        return index, clock_ds - starts_ds[index]

    @property
    def starts_ds(self) -> tuple[int, ...]:
        """When in the cycle the change to each stage begins. [ds]"""
        return (0, *accumulate(self.splits_ds[:-1]))

    def _after(self) -> tuple[str, ...]:
        return (*self.stages[1:], self.stages[0])

    def _fail(self, text: str) -> InvalidInputError:
        return InvalidInputError(f"plan of signal {self.signal_id}: {text}")

    def _late(self, text: str) -> InvalidTimingError:
        return InvalidTimingError(f"plan of signal {self.signal_id}: {text}")


@dataclass(frozen=True, slots=True)
class Plan:
    """Plans of the signals of a network, each signal once."""

    name: str
    signals: tuple[SignalPlan, ...]

    def __post_init__(self) -> None:
        if not self.name or not self.signals:
            raise InvalidInputError("a plan needs a name and the plan of a signal")
        if len({signal.signal_id for signal in self.signals}) != len(self.signals):
            raise InvalidInputError(f"plan {self.name}: a signal occurs twice")

    def of(self, signal_id: str) -> SignalPlan | None:
        """Return the plan of a signal, None if it has none."""
        return next((signal for signal in self.signals if signal.signal_id == signal_id), None)


def plan_to_json(plan: Plan) -> str:
    """Return the canonical document of a plan."""
    return canonical(plan_document(plan))


def plan_hash(plan: Plan) -> str:
    """Return the SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(plan_to_json(plan).encode()).hexdigest()


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as a JSON object."""
    return {"format": FORMAT, "name": plan.name, "signals": [_signal_document(signal) for signal in plan.signals]}


def plan_from_json(text: str) -> Plan:
    """Return the plan of a document.

    Raises: InvalidInputError if it is no plan document or the plan would not be whole.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"not a plan document: longer than {MAX_DOCUMENT_BYTES} characters")
    return plan_of_document(read_document(text, "plan", FORMAT))


def plan_of_document(document: dict[str, Any]) -> Plan:
    """Return the plan of a JSON object. Raises: as `plan_from_json`."""
    try:
        if document["format"] != FORMAT:
            raise ValueError(f"'format' is not '{FORMAT}'")
        exactly(document, _PLAN_KEYS)
        return Plan(text_of(document["name"]), tuple(_signal(item) for item in items_of(document["signals"])))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"not a plan document: {type(error).__name__} {error}") from error


def _signal_document(signal: SignalPlan) -> dict[str, Any]:
    return {
        "signal_id": signal.signal_id,
        "site": signal.site,
        "cycle_ds": signal.cycle_ds,
        "offset_ds": signal.offset_ds,
        "stages": list(signal.stages),
        "splits_ds": list(signal.splits_ds),
    }


def _signal(item: dict[str, Any]) -> SignalPlan:
    exactly(item, _SIGNAL_KEYS)
    return SignalPlan(
        signal_id=text_of(item["signal_id"]),
        site=text_of(item["site"]),
        cycle_ds=whole(item["cycle_ds"]),
        offset_ds=whole(item["offset_ds"]),
        stages=tuple(text_of(name) for name in items_of(item["stages"])),
        splits_ds=tuple(whole(split_ds) for split_ds in items_of(item["splits_ds"])),
    )
