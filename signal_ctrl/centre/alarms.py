"""Alarms: what somebody has to look at, from when to when, and who has seen it."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError


class Severity(Enum):
    """How soon somebody has to look at it."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"


class AlarmState(Enum):
    """Where an alarm stands. It is over only once it is cleared; who has seen it may be before or after."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of a kind about a subject, as `offline` of a cabinet; one while it lasts, raised `times` times. [ms]"""

    alarm_id: str
    kind: str
    subject: str
    severity: Severity
    text: str
    raised_utc_ms: int
    last_utc_ms: int
    times: int = 1
    state: AlarmState = AlarmState.RAISED
    acknowledged_by: str = ""
    acknowledged_utc_ms: int | None = None
    cleared_utc_ms: int | None = None
    cleared_why: str = ""

    def __post_init__(self) -> None:
        if not self.alarm_id or not self.kind or not self.subject or self.times < 1:
            raise InvalidInputError("an alarm needs an id, a kind and a subject")
        if (self.cleared_utc_ms is not None) != (self.state is AlarmState.CLEARED):
            raise InvalidInputError(
                f"alarm {self.alarm_id}: a cleared alarm has the time at which it was, no other has"
            )

    @property
    def live(self) -> bool:
        """Whether it lasts."""
        return self.state is not AlarmState.CLEARED


ALARMS: Final = ShelfSpec(
    "alarms",
    Alarm,
    key=lambda a: a.alarm_id,
    at_utc_ms=lambda a: a.raised_utc_ms,
    columns={"kind": lambda a: a.kind, "subject": lambda a: a.subject, "state": lambda a: a.state.value},
)
