"""Overrides as a cabinet gets them: who asks for what, and until when."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from signal_ctrl.domain.documents import exactly, text_of, whole
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.site_parts import is_whole

MAX_OVERRIDE_MS: Final = 120 * 60_000
"""Longest override, SAFETY part C. [ms]"""
LATEST_MS: Final = 1 << 43
"""Times lie before this: about the year 2248. [ms]"""


class OverrideKind(Enum):
    """What an override asks for."""

    HOLD_STAGE = "hold_stage"
    CALL_STAGE = "call_stage"
    GREEN_ROUTE = "green_route"
    ALL_RED = "all_red"
    FLASH = "flash"
    DARK = "dark"

    @property
    def names_stage(self) -> bool:
        """Whether it is about one stage."""
        return self in (OverrideKind.HOLD_STAGE, OverrideKind.CALL_STAGE, OverrideKind.GREEN_ROUTE)


class OrderSource(Enum):
    """Who asks, of those who may ask through the centre; the precedence is the kernel's."""

    PREEMPTION = "preemption"
    POLICE = "police"
    BUS_PRIORITY = "bus_priority"


@dataclass(frozen=True, slots=True)
class OverrideOrder:
    """An override for one cabinet. [ms]

    `stage` is the name of a stage of the site, empty for kinds without one. It is in force from `start_utc_ms` to
    `end_utc_ms` of the wall clock, and never longer than `lasts_ms` of the cabinet's monotonic clock: the earlier wins.
    """

    override_id: str
    kind: OverrideKind
    stage: str
    start_utc_ms: int
    end_utc_ms: int
    lasts_ms: int
    source: OrderSource = OrderSource.POLICE

    def __post_init__(self) -> None:
        if not is_name(self.override_id):
            raise InvalidInputError(f"'{self.override_id}' cannot name an override: letters, digits, '.', '_' and '-'")
        if self.kind.names_stage != bool(self.stage):
            needs = "needs the name of a stage" if self.kind.names_stage else "names no stage"
            raise InvalidInputError(f"override {self.override_id}: {self.kind.value} {needs}")
        if not is_whole(self.start_utc_ms, (0, LATEST_MS)) or not is_whole(self.end_utc_ms, (0, LATEST_MS)):
            raise InvalidInputError(f"override {self.override_id}: start and end are whole milliseconds of UTC")
        if not self.start_utc_ms < self.end_utc_ms:
            raise InvalidInputError(f"override {self.override_id}: it ends before it starts")
        longest_ms = min(MAX_OVERRIDE_MS, self.end_utc_ms - self.start_utc_ms)
        if not is_whole(self.lasts_ms, (1, longest_ms)):
            raise InvalidInputError(f"override {self.override_id}: need 1 <= lasts_ms <= {longest_ms}")


_KEYS: Final = ("override_id", "kind", "stage", "start_utc_ms", "end_utc_ms", "lasts_ms", "source")


def override_document(order: OverrideOrder) -> dict[str, Any]:
    """Return an override as a JSON object."""
    plain = {key: getattr(order, key) for key in _KEYS}
    return plain | {"kind": order.kind.value, "source": order.source.value}


def override_of(item: dict[str, Any]) -> OverrideOrder:
    """Return the override of a JSON object. Raises: ValueError, KeyError, TypeError or InvalidInputError if none."""
    exactly(item, _KEYS)
    return OverrideOrder(
        override_id=text_of(item["override_id"]),
        kind=OverrideKind(item["kind"]),
        stage=item["stage"] and text_of(item["stage"]),
        start_utc_ms=whole(item["start_utc_ms"]),
        end_utc_ms=whole(item["end_utc_ms"]),
        lasts_ms=whole(item["lasts_ms"]),
        source=OrderSource(item["source"]),
    )
