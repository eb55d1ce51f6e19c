"""The picture as the counter saw it: tracks, lines with what they have counted, zones, alarms."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from detectors.video.camera import Camera
from detectors.video.capture.pictures import Frame, Picture
from detectors.video.drawing.marks import Colour, Scale, box, path, text, thin_path
from detectors.video.drawing.plan import LINE, draw_line, draw_zone, scale_of
from detectors.video.plane import Point
from detectors.video.seen import Seen, TrackView, ZoneState

_TRAIL: Final = 40
_ALARM_S: Final = 5.0
_FLASH_S: Final = 0.6
_COLOURS: Final[tuple[Colour, ...]] = (
    (80, 200, 255),
    (120, 255, 120),
    (255, 170, 90),
    (200, 130, 255),
    (110, 240, 240),
    (255, 140, 200),
)
_RED: Final[Colour] = (70, 70, 255)


@dataclass(slots=True)
class Annotator:
    """Draws into each picture what was seen in it; keeps the counts and the trails."""

    camera: Camera
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _trails: dict[int, deque[Point]] = field(default_factory=dict)
    _flash_s: dict[str, float] = field(default_factory=dict)
    _alarms: list[tuple[float, str]] = field(default_factory=list)

    def drawn(self, picture: Picture, seen: Seen) -> Frame:
        """Return a copy of the picture with all that was seen."""
        frame = picture.frame.copy()
        scale = scale_of(self.camera, frame)
        self._note(picture, seen)
        for zone in self.camera.zones:
            state = next((each for each in seen.zones if each.name == zone.name), None)
            draw_zone(frame, zone, scale, _zone_words(zone.name, state), 0.3 if state and state.occupied else 0.1)
        for track in seen.tracks:
            self._draw_track(frame, track, scale)
        for line in self.camera.lines:
            ways = (line.forward, line.backward)
            counts = [self._counts[line.name, way] for way in ways]
            draw_line(frame, line, scale, (f"{ways[0]} {counts[0]}", f"{ways[1]} {counts[1]}"))
            if self._flash_s.get(line.name, -1.0) > picture.time_s:
                path(frame, [scale(line.start), scale(line.end)], LINE, 5)
        self._draw_head(frame, picture, seen, scale)
        return frame

    def forget(self) -> None:
        """Forget the trails: tracks begin anew after a gap."""
        self._trails.clear()

    def _note(self, picture: Picture, seen: Seen) -> None:
        for crossing in seen.crossings:
            self._counts[crossing.line, crossing.direction] += 1
            self._flash_s[crossing.line] = picture.time_s + _FLASH_S
        for alarm in seen.alarms:
            words = " ".join(each for each in (alarm.kind.value, alarm.place) if each)
            self._alarms.append((picture.time_s + _ALARM_S, words))
        self._alarms = [each for each in self._alarms if each[0] > picture.time_s]
        here = {each.track for each in seen.tracks}
        self._trails = {track: trail for track, trail in self._trails.items() if track in here}
        for track in seen.tracks:
            self._trails.setdefault(track.track, deque(maxlen=_TRAIL)).append(track.contact)

    def _draw_track(self, frame: Frame, track: TrackView, scale: Scale) -> None:
        colour = _COLOURS[track.track % len(_COLOURS)]
        left, top, right, bottom = track.box
        (left, top), (right, bottom) = scale((left, top)), scale((right, bottom))
        box(frame, (left, top, right, bottom), colour)
        trail = [scale(each) for each in self._trails[track.track]]
        if len(trail) > 1:
            thin_path(frame, trail, colour)
        speed = "" if track.speed_mps is None else f" {track.speed_mps * 3.6:.0f} km/h"
        words = f"{track.track} {track.kind.value}{' stands' if track.standing else speed}"
        text(frame, words, (left, top - scale.text_px * 1.6), colour, scale.text_px - 1)

    def _draw_head(self, frame: Frame, picture: Picture, seen: Seen, scale: Scale) -> None:
        text(frame, f"{_clock(picture.time_s)}  frame {picture.index}", (0.0, 0.0), size_px=scale.text_px)
        said = [words for _, words in self._alarms]
        said += [] if seen.valid else ["picture not trusted"]
        for at, words in enumerate(dict.fromkeys(said), 1):
            text(frame, words, (0.0, at * scale.text_px * 1.7), _RED, scale.text_px)


def _zone_words(name: str, state: ZoneState | None) -> str:
    if state is None:
        return name
    queue = "" if state.queue_m is None else f", queue {state.queue_m:.0f} m"
    return f"{name}: {state.vehicles}{queue}"


def _clock(time_s: float) -> str:
    whole = int(time_s)
    return f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{int(time_s * 10) % 10}"
