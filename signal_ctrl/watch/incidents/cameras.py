"""Alarms of cameras that count (`signal-ctrl count --alarms`): a vehicle that stands, or goes the wrong way."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.incidents.values import Evidence, EvidenceSource, IncidentKind
from signal_ctrl.watch.incidents.wishes import Finding

KINDS: Final[Mapping[str, IncidentKind]] = MappingProxyType(
    {each.value: each for each in (IncidentKind.STOPPED_VEHICLE, IncidentKind.WRONG_WAY)}
)
VIDEO: Final = "video alarm"
STRENGTH: Final = 5.0
"""What an alarm of a camera is worth: enough to suspect, not to confirm. [P]"""


@dataclass(frozen=True, slots=True)
class CameraAlarm:
    """A camera says that something is wrong in the zone that it watches on a road. [ms] [m]"""

    camera: str
    alarm: str
    road: str
    at_utc_ms: int
    lane: int | None = None
    position_m: float | None = None

    def __post_init__(self) -> None:
        if self.alarm not in KINDS:
            raise InvalidInputError(f"'{self.alarm}' makes no incident; it is {' or '.join(KINDS)}")
        if not self.camera or not self.road or self.at_utc_ms < 0:
            raise InvalidInputError("an alarm of a camera names the camera, the road and the time")


def finding_of(alarm: CameraAlarm) -> Finding:
    """Return what an alarm makes believe."""
    text = f"camera {alarm.camera}: {alarm.alarm}"
    evidence = Evidence(EvidenceSource.VIDEO, VIDEO, alarm.camera, alarm.at_utc_ms, text, STRENGTH)
    lanes = () if alarm.lane is None else (alarm.lane,)
    return Finding(
        KINDS[alarm.alarm], alarm.road, alarm.at_utc_ms, (evidence,), lanes=lanes, position_m=alarm.position_m
    )
