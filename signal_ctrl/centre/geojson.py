"""A network as GeoJSON (RFC 7946), read strictly and feature by feature, so that a large one needs little memory."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from signal_ctrl.domain.documents import is_number, no_constant, no_duplicates, why
from signal_ctrl.domain.errors import InvalidInputError

MAX_FEATURES: Final = 100_000
MAX_PROPERTIES: Final = 16
MAX_TEXT: Final = 200
MAX_FEATURE_CHARACTERS: Final = 200_000
_DEPTHS: Final = {"Point": 0, "LineString": 1, "MultiLineString": 2, "Polygon": 2}
_LATITUDE: Final = 90.0
_LONGITUDE: Final = 180.0
_BEGIN: Final = re.compile(r'\s*\{\s*"type"\s*:\s*"FeatureCollection"\s*,\s*"features"\s*:\s*\[')
_BETWEEN: Final = re.compile(r"\s*(,|\])\s*")
_END: Final = re.compile(r"\s*\}\s*")
_SPACE: Final = re.compile(r"\s*")
_WRITER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def checked_network(text: str) -> str:
    """Return a network as it is kept: features alone, each with its geometry and a few plain properties.

    The document has two keys, `type` and `features`, in this order, as the exporters of this project write it.
    Raises: InvalidInputError that names the feature.
    """
    return '{"type":"FeatureCollection","features":[' + ",".join(_features(text)) + "]}"


def _features(text: str) -> Iterator[str]:
    begin = _BEGIN.match(text)
    if begin is None:
        raise InvalidInputError('a network begins with {"type": "FeatureCollection", "features": [')
    decoder = json.JSONDecoder(object_pairs_hook=no_duplicates, parse_constant=no_constant)
    at, count = _after_space(text, begin.end()), 0
    more = not text.startswith("]", at)
    while more:
        count += 1
        if count > MAX_FEATURES:
            raise InvalidInputError(f"a network has at most {MAX_FEATURES} features")
        try:
            feature, end = decoder.raw_decode(text, at)
            if end - at > MAX_FEATURE_CHARACTERS:
                raise ValueError(f"it is longer than {MAX_FEATURE_CHARACTERS} characters")
            yield _WRITER.encode(_checked(feature))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidInputError(f"feature {count}: {why(error)}") from error
        between = _BETWEEN.match(text, end)
        if between is None:
            raise InvalidInputError(f"behind feature {count} there is neither a comma nor the end of the list")
        at, more = between.end(), between.group(1) == ","
    if _END.fullmatch(text, at if count else at + 1) is None:
        raise InvalidInputError("behind the list of features there is more than the end of the network")


def _checked(feature: dict[str, Any]) -> dict[str, Any]:
    if feature["type"] != "Feature" or not isinstance(feature["geometry"], dict):
        raise ValueError("it is no Feature with a geometry")
    kind = feature["geometry"]["type"]
    if kind not in _DEPTHS:
        raise ValueError(f"its geometry is none of {', '.join(_DEPTHS)}")
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": _places(feature["geometry"]["coordinates"], _DEPTHS[kind])},
        "properties": _properties(feature["properties"] or {}),
    }


def _places(value: Any, depth: int) -> Any:
    if not isinstance(value, list) or not value:
        raise ValueError("coordinates are lists that are not empty")
    if depth:
        return [_places(item, depth - 1) for item in value]
    if len(value) not in {2, 3} or not all(is_number(part) for part in value):
        raise ValueError("a position is longitude and latitude in degrees")
    if not (abs(value[0]) <= _LONGITUDE and abs(value[1]) <= _LATITUDE):
        raise ValueError("a position is longitude and latitude in degrees, in this order")
    return [round(value[0], 7), round(value[1], 7)]


def _properties(found: dict[str, Any]) -> dict[str, Any]:
    if len(found) > MAX_PROPERTIES:
        raise ValueError(f"it has more than {MAX_PROPERTIES} properties")
    for name, value in found.items():
        if not isinstance(value, str | int | float | bool | None) or len(name) > MAX_TEXT:
            raise ValueError(f"its property {name[:MAX_TEXT]!r} is neither text nor number")
        if isinstance(value, str) and (len(value) > MAX_TEXT or not value.isprintable()):
            raise ValueError(f"its property {name!r} is no plain text of at most {MAX_TEXT} characters")
        if isinstance(value, int | float) and not abs(value) < 1 << 53:
            raise ValueError(f"its property {name!r} is no number of 53 bits")
    return found


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()
