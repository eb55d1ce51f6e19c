"""What the counter says of a frame."""

from dataclasses import dataclass
from enum import Enum

from detectors.video.plane import Point


class Kind(Enum):
    """Class of a road user; VEHICLE where the ground is not calibrated."""

    VEHICLE = "vehicle"
    CAR = "car"
    TRUCK = "truck"
    BUS = "bus"
    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    PEDESTRIAN = "pedestrian"


class AlarmKind(Enum):
    """What is wrong on the road (the first two) or with the picture."""

    STOPPED = "stopped vehicle"
    WRONG_WAY = "wrong way"
    FROZEN = "picture frozen"
    MOVED = "camera moved"
    DARK = "dark"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A vehicle whose leading edge reached a line: at `time_s` [s], in frame number `frame` (from 0)."""

    time_s: float
    frame: int
    line: str
    direction: str
    kind: Kind
    speed_mps: float | None
    lane: str | None
    track: int


@dataclass(frozen=True, slots=True)
class TrackView:
    """A vehicle in the picture: box (left, top, right, bottom), where it touches the road [px], standing or not."""

    track: int
    box: tuple[float, float, float, float]
    contact: Point
    kind: Kind
    speed_mps: float | None
    standing: bool


@dataclass(frozen=True, slots=True)
class ZoneState:
    """A zone in this frame: is it occupied, length of its queue [m] (None without calibration), vehicles in it."""

    name: str
    occupied: bool
    queue_m: float | None
    vehicles: int


@dataclass(frozen=True, slots=True)
class VideoAlarm:
    """An alarm that began with this frame; `place` names the zone, empty for the picture; `track` the vehicle."""

    kind: AlarmKind
    time_s: float
    place: str = ""
    track: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame showed. With `valid` false it showed nothing that can be trusted: no vehicle is then not zero."""

    crossings: tuple[Crossing, ...] = ()
    tracks: tuple[TrackView, ...] = ()
    zones: tuple[ZoneState, ...] = ()
    alarms: tuple[VideoAlarm, ...] = ()
    valid: bool = True
