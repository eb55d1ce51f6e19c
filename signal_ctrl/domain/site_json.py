"""Sites as JSON documents, and their hash."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import fields
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import (
    COMPATIBLE,
    CONFLICT,
    GroupKind,
    Right,
    SignalGroup,
    Site,
    Stage,
    Trailing,
    together_bit,
    transposed,
)

FORMAT: Final = "signal-ctrl site 1"
_LETTER: Final = {Right.NONE: "r", Right.STOP: "s", Right.PERMISSIVE: "g", Right.PROTECTED: "G"}
_RIGHT: Final = {letter: right for right, letter in _LETTER.items()}
_GREEN: Final = {letter: right for right, letter in _LETTER.items() if right.is_green}
_GROUP_KEYS: Final = tuple(field.name for field in fields(SignalGroup))
_STAGE_KEYS: Final = ("name", "rights")
_SITE_KEYS: Final = ("format", "compatible", "yield", *(f.name for f in fields(Site) if f.name != "together"))


def site_to_json(site: Site) -> str:
    """Return the canonical document of a site: sorted keys, no spaces, ASCII."""
    return json.dumps(_document(site), sort_keys=True, separators=(",", ":"))


def site_hash(site: Site) -> str:
    """Return the SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(site_to_json(site).encode()).hexdigest()


def site_from_json(text: str) -> Site:
    """Return the site of a document.

    Raises: InvalidInputError if it is no site document or the site would not be valid.
    """
    try:
        document = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"not a site document: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidInputError(f"not a site document: 'format' is not '{FORMAT}'")
    try:
        return _site(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"not a site document: {type(error).__name__} {error}") from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _document(site: Site) -> dict[str, Any]:
    unordered = [(a, b) for a, b in site.ordered_pairs() if a < b]
    return {
        "format": FORMAT,
        "signal_id": site.signal_id,
        "n_links": site.n_links,
        "profile": site.profile,
        "groups": [_group_document(group) for group in site.groups],
        "stages": [{"name": s.name, "rights": "".join(_LETTER[r] for r in s.rights)} for s in site.stages],
        "compatible": [[a, b] for a, b in unordered if site.together[a][b] == COMPATIBLE],
        "yield": [
            [a, b, _pairs(site.together[a][b])] for a, b in unordered if CONFLICT < site.together[a][b] < COMPATIBLE
        ],
        "intergreen_ds": [
            [a, b, site.intergreen_ds[a][b]] for a, b in site.ordered_pairs() if site.together[a][b] != COMPATIBLE
        ],
        "first_stage": site.first_stage,
        "startup_flash_ds": site.startup_flash_ds,
        "startup_all_red_ds": site.startup_all_red_ds,
        "red_revert_ds": site.red_revert_ds,
        "resolution_ds": site.resolution_ds,
        "steady": [[link, letter] for link, letter in site.steady],
        "trailing": [[t.feeder, t.inner, t.lag_ds] for t in site.trailing],
    }


def _group_document(group: SignalGroup) -> dict[str, Any]:
    times = {key: getattr(group, key) for key in _GROUP_KEYS if key.endswith("_ds")}
    return {"name": group.name, "kind": group.kind.value, "links": list(group.links), **times}


def _pairs(entry: int) -> list[str]:
    return [a + b for a in _GREEN for b in _GREEN if entry & together_bit(_GREEN[a], _GREEN[b])]


def _site(document: dict[str, Any]) -> Site:
    _exactly(document, _SITE_KEYS)
    groups = tuple(_group(item) for item in document["groups"])
    return Site(
        signal_id=_text(document["signal_id"]),
        n_links=_whole(document["n_links"]),
        groups=groups,
        stages=tuple(_stage(item) for item in document["stages"]),
        together=_together(document, len(groups)),
        intergreen_ds=_intergreens(document, len(groups)),
        first_stage=_whole(document["first_stage"]),
        profile=_text(document["profile"]),
        startup_flash_ds=_whole(document["startup_flash_ds"]),
        startup_all_red_ds=_whole(document["startup_all_red_ds"]),
        red_revert_ds=_whole(document["red_revert_ds"]),
        resolution_ds=_whole(document["resolution_ds"]),
        steady=tuple((_whole(link), _text(letter)) for link, letter in document["steady"]),
        trailing=tuple(Trailing(_whole(f), _whole(i), _whole(lag)) for f, i, lag in document["trailing"]),
    )


def _group(item: dict[str, Any]) -> SignalGroup:
    _exactly(item, _GROUP_KEYS)
    times = {key: _whole(item[key]) for key in _GROUP_KEYS if key.endswith("_ds")}
    links = tuple(_whole(link) for link in item["links"])
    return SignalGroup(name=_text(item["name"]), kind=GroupKind(item["kind"]), links=links, **times)


def _stage(item: dict[str, Any]) -> Stage:
    _exactly(item, _STAGE_KEYS)
    return Stage(_text(item["name"]), tuple(_RIGHT[letter] for letter in _text(item["rights"])))


def _together(document: dict[str, Any], n: int) -> tuple[tuple[int, ...], ...]:
    """Return the conflict matrix: what is not listed conflicts."""
    listed = [(_pair(a, b, n), COMPATIBLE) for a, b in document["compatible"]]
    listed += [(_pair(a, b, n), _entry(letters)) for a, b, letters in document["yield"]]
    if len(dict(listed)) != len(listed):
        raise ValueError("a pair of groups occurs twice")
    matrix = [[COMPATIBLE if a == b else CONFLICT for b in range(n)] for a in range(n)]
    for (a, b), entry in listed:
        matrix[a][b], matrix[b][a] = entry, transposed(entry)
    return tuple(map(tuple, matrix))


def _pair(a: Any, b: Any, n: int) -> tuple[int, int]:
    if not _index(a, n) < _index(b, n):
        raise ValueError(f"pair {a}, {b}: the lower group comes first")
    return a, b


def _entry(letters: list[str]) -> int:
    bits = {together_bit(_GREEN[first], _GREEN[second]) for first, second in map(list, map(_text, letters))}
    if not bits or len(bits) != len(letters):
        raise ValueError(f"a yield pair needs different pairs of greens, got {letters!r}")
    return sum(bits)


def _intergreens(document: dict[str, Any], n: int) -> tuple[tuple[int, ...], ...]:
    matrix = [[-1] * n for _ in range(n)]
    for a, b, gap_ds in document["intergreen_ds"]:
        if matrix[_index(a, n)][_index(b, n)] != -1:
            raise ValueError(f"intergreen {a}, {b} occurs twice")
        matrix[a][b] = _whole(gap_ds)
    return tuple(map(tuple, matrix))


def _index(value: Any, n: int) -> int:
    if _whole(value) not in range(n):
        raise ValueError(f"no group {value}")
    return int(value)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a whole number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a text")
    return value


def _exactly(item: dict[str, Any], keys: Collection[str]) -> None:
    if item.keys() != set(keys):
        raise ValueError(f"keys missing or unknown: {', '.join(sorted(item.keys() ^ set(keys)))}")
