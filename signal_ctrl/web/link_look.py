"""The links as they are published: written once for each minute that is shown, handed out as often as it is asked."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, NamedTuple

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import CityMinute
from signal_ctrl.watch.link_table import Congestion, row_of
from signal_ctrl.watch.watch import Watch

MOST_TEXTS: Final = 16
"""Documents of one minute that are held; others are written as often as they are asked for."""
Box = tuple[float, float, float, float]


class Text(NamedTuple):
    """A document as it goes out, and its ETag with quotes."""

    body: bytes
    etag: str


@dataclass(slots=True)
class Shown:
    """One minute of one network, with what was written of it so far."""

    network: RoadNetwork
    minute: CityMinute
    congestion: Congestion
    boxes: tuple[Box, ...]
    rows: list[dict[str, Any]]
    texts: dict[str, Text] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def text(self, name: str, write: Callable[["Shown"], str]) -> Text:
        """Return a document of this minute; it is written when it is asked for the first time."""
        with self.lock:
            found = self.texts.get(name)
            if found is None:
                body = write(self).encode()
                found = Text(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
                if len(self.texts) < MOST_TEXTS:
                    self.texts[name] = found
            return found


class LinkLook:
    """Looks at what is shown of the links."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._lock = Lock()
        self._shown: Shown | None = None
        self._network: RoadNetwork | None = None
        self._congestion: Congestion | None = None
        self._boxes: tuple[Box, ...] = ()

    def now(self) -> Shown | None:
        """Return what is shown now; None before the first minute of this network."""
        network, minute = self._watch.network(), self._watch.shown()
        if network is None or minute is None or len(minute.level) != len(network.roads):
            return None
        with self._lock:
            if self._shown is None or self._shown.minute is not minute:
                self._shown = self._made(network, minute)
            return self._shown

    def there(self) -> dict[str, bool]:
        """Tell those who begin to listen whether there are links to ask for."""
        return {"links": self.now() is not None}

    def _made(self, network: RoadNetwork, minute: CityMinute) -> Shown:
        if self._congestion is None or self._network is not network:
            self._network, self._congestion = network, Congestion(network)
            self._boxes = tuple(_box(road.shape) for road in network.roads)
        rows = [row_of(road, minute, at) for at, road in enumerate(network.roads)]
        return Shown(network, minute, self._congestion, self._boxes, rows)


def _box(shape: tuple[tuple[float, float], ...]) -> Box:
    longitudes, latitudes = [each[0] for each in shape], [each[1] for each in shape]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def meets(one: Box, other: Box) -> bool:
    """Tell whether two boxes (west, south, east, north) have a place in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def geojson_of(shown: Shown) -> str:
    """Return the links as GeoJSON (RFC 7946): a line for each road, with its row as properties."""
    features = [
        {
            "type": "Feature",
            "id": road.road,
            "geometry": {"type": "LineString", "coordinates": [list(place) for place in road.shape]},
            "properties": {**row, "minute_utc_ms": shown.minute.minute_utc_ms},
        }
        for road, row in zip(shown.network.roads, shown.rows, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"), allow_nan=False)
