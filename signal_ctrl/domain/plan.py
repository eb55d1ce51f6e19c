"""Fixed-time plans: per signal its stages in order, their splits, the cycle and the offset.

A plan that exists is whole, and it holds no safety interval. It is made for one site, whose hash it carries, and says
when the change to each stage begins; the safety kernel makes the change. Whether a site can keep a plan to the frame is
for the acceptance to say.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.site_parts import is_whole
from signal_ctrl.domain.timing import DS_PER_S, to_s

FORMAT: Final = "signal-ctrl plan 1"
CYCLE_DS: Final = (300, 3000)
MAX_STAGES: Final = 16
MAX_DOCUMENT_BYTES: Final = 1 << 22
_HASH_LENGTH: Final = 64
_PLAN_KEYS: Final = ("format", "name", "signals")
_SIGNAL_KEYS: Final = ("signal_id", "site", "cycle_ds", "offset_ds", "stages", "splits_ds")


@dataclass(frozen=True, slots=True)
class DraftPlan:
    """What a document says of one signal: the fields of `SignalPlan`, of the right types but not checked. [ds]"""

    signal_id: str
    site: str
    cycle_ds: int
    offset_ds: int
    stages: tuple[str, ...]
    splits_ds: tuple[int, ...]


class Fault(NamedTuple):
    """One rule of form that a plan breaks: `rule` for programs, `text` for people, `timing` whether it is of times."""

    rule: str
    text: str
    timing: bool


def faults(plan: DraftPlan) -> Iterator[Fault]:
    """Yield every rule of form that the plan of one signal breaks, nothing if it is whole."""
    if len(plan.site) != _HASH_LENGTH or set(plan.site) - set("0123456789abcdef"):
        yield Fault("K9/site", "'site' is not the hash of a site", False)
    if not 1 <= len(plan.stages) <= MAX_STAGES or len(plan.stages) != len(plan.splits_ds):
        yield Fault("K9/stages", f"needs 1 to {MAX_STAGES} stages and a split for each", False)
    if len(plan.stages) > 1 and any(a == b for a, b in pairwise((*plan.stages, plan.stages[0]))):
        yield Fault("K9/twice", "names a stage twice in a row; give it one split", False)
    yield from _timing_faults(plan)


def _timing_faults(plan: DraftPlan) -> Iterator[Fault]:
    low_s, high_s = (to_s(bound_ds) for bound_ds in CYCLE_DS)
    times_ds = (plan.cycle_ds, plan.offset_ds, *plan.splits_ds)
    odd_ds = [t for t in times_ds if not (is_whole(t, (0, CYCLE_DS[1])) and t % DS_PER_S == 0)]
    if odd_ds:
        text = f"times are whole seconds from 0 to {high_s:g}, written in tenths; {odd_ds[0]} tenths are none"
        yield Fault("K9/seconds", text, True)
    if not CYCLE_DS[0] <= plan.cycle_ds <= CYCLE_DS[1]:
        yield Fault("K9/cycle", f"the cycle is {low_s:g} to {high_s:g} s, got {to_s(plan.cycle_ds):g} s", True)
    if sum(plan.splits_ds) != plan.cycle_ds or min(plan.splits_ds, default=0) <= 0:
        made_s = to_s(sum(plan.splits_ds))
        text = f"splits have to be above 0 and make up the cycle of {to_s(plan.cycle_ds):g} s; they make {made_s:g} s"
        yield Fault("K9/splits", text, True)
    if not plan.offset_ds < plan.cycle_ds:
        yield Fault("K9/offset", f"need an offset below the cycle, got {to_s(plan.offset_ds):g} s", True)


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
        for fault in faults(DraftPlan(*(getattr(self, key) for key in _SIGNAL_KEYS))):
            error = InvalidTimingError if fault.timing else InvalidInputError
            raise error(f"plan of signal {self.signal_id}: {fault.text}")

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
    return {"format": FORMAT, "name": plan.name, "signals": [signal_document(signal) for signal in plan.signals]}


def plan_from_json(text: str) -> Plan:
    """Return the plan of a document.

    Raises: InvalidInputError if it is no plan document or the plan would not be whole.
    """
    return plan_of_document(_read(text))


def plan_of_document(document: dict[str, Any]) -> Plan:
    """Return the plan of a JSON object. Raises: as `plan_from_json`."""
    name, drafts = _drafts(document)
    return Plan(name, tuple(signal_plan_of(draft) for draft in drafts))


def signal_plan_of(draft: DraftPlan) -> SignalPlan:
    """Return the plan of one signal. Raises: InvalidInputError if it would not be whole."""
    return SignalPlan(*(getattr(draft, key) for key in _SIGNAL_KEYS))


def drafts_from_json(text: str) -> tuple[str, tuple[DraftPlan, ...]]:
    """Return name and signals of a document whose plan need not be whole, for whoever looks for every fault.

    Raises: InvalidInputError if it is no plan document.
    """
    return _drafts(_read(text))


def _read(text: str) -> dict[str, Any]:
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"not a plan document: longer than {MAX_DOCUMENT_BYTES} characters")
    return read_document(text, "plan", FORMAT)


def _drafts(document: dict[str, Any]) -> tuple[str, tuple[DraftPlan, ...]]:
    try:
        if document["format"] != FORMAT:
            raise ValueError(f"'format' is not '{FORMAT}'")
        exactly(document, _PLAN_KEYS)
        return text_of(document["name"]), tuple(draft_of(item) for item in items_of(document["signals"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"not a plan document: {why(error)}") from error


def signal_document(signal: SignalPlan) -> dict[str, Any]:
    """Return the plan of one signal as a JSON object."""
    return {
        "signal_id": signal.signal_id,
        "site": signal.site,
        "cycle_ds": signal.cycle_ds,
        "offset_ds": signal.offset_ds,
        "stages": list(signal.stages),
        "splits_ds": list(signal.splits_ds),
    }


def draft_of(item: dict[str, Any]) -> DraftPlan:
    """Return the plan of one signal of a JSON object, not checked.

    Raises: ValueError, KeyError, TypeError or AttributeError if it is none.
    """
    exactly(item, _SIGNAL_KEYS)
    return DraftPlan(
        signal_id=text_of(item["signal_id"]),
        site=text_of(item["site"]),
        cycle_ds=whole(item["cycle_ds"]),
        offset_ds=whole(item["offset_ds"]),
        stages=tuple(text_of(name) for name in items_of(item["stages"])),
        splits_ds=tuple(whole(split_ds) for split_ds in items_of(item["splits_ds"])),
    )
