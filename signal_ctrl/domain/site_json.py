"""Sites as JSON documents, and their hash."""

import hashlib
from dataclasses import fields
from typing import Any, Final

from signal_ctrl.domain.documents import canonical, exactly, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import (
    COMPATIBLE,
    CONFLICT,
    DayHours,
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
_GROUP_OPTIONAL: Final = ("lead_ds", "longer_ds")
_GROUP_KEYS: Final = tuple(field.name for field in fields(SignalGroup) if field.name not in _GROUP_OPTIONAL)
_STAGE_KEYS: Final = ("name", "rights")
_OPTIONAL: Final = {f.name: f.default for f in fields(Site) if f.name in ("fault_dark", "debounce_frames", "zone")}
"""Keys that are written only where a site has not the default, so that earlier documents and hashes still hold."""
_HOURS: Final = "longer_hours"
_NOT_KEYS: Final = ("together", _HOURS, *_OPTIONAL)
_SITE_KEYS: Final = ("format", "compatible", "yield", *(f.name for f in fields(Site) if f.name not in _NOT_KEYS))


def site_to_json(site: Site) -> str:
    """Return the canonical document of a site: sorted keys, no spaces, ASCII."""
    return canonical(_document(site))


def site_hash(site: Site) -> str:
    """Return the SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(site_to_json(site).encode()).hexdigest()


def site_from_json(text: str) -> Site:
    """Return the site of a document.

    Raises: InvalidInputError if it is no site document or the site would not be valid.
    """
    document = read_document(text, "site", FORMAT)
    try:
        return _site(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"not a site document: {why(error)}") from error


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
        **{key: getattr(site, key) for key, usual in _OPTIONAL.items() if getattr(site, key) != usual},
        **({_HOURS: [[list(h.days), h.from_min, h.to_min] for h in site.longer_hours]} if site.longer_hours else {}),
    }


def _group_document(group: SignalGroup) -> dict[str, Any]:
    times = {key: getattr(group, key) for key in _GROUP_KEYS if key.endswith("_ds")}
    times |= {key: getattr(group, key) for key in _GROUP_OPTIONAL if getattr(group, key)}
    return {"name": group.name, "kind": group.kind.value, "links": list(group.links), **times}


def _pairs(entry: int) -> list[str]:
    return [a + b for a in _GREEN for b in _GREEN if entry & together_bit(_GREEN[a], _GREEN[b])]


def _site(document: dict[str, Any]) -> Site:
    exactly(document, (*_SITE_KEYS, *(key for key in (_HOURS, *_OPTIONAL) if key in document)))
    groups = tuple(_group(item) for item in document["groups"])
    return Site(
        signal_id=text_of(document["signal_id"]),
        n_links=whole(document["n_links"]),
        groups=groups,
        stages=tuple(_stage(item) for item in document["stages"]),
        together=_together(document, len(groups)),
        intergreen_ds=_intergreens(document, len(groups)),
        first_stage=whole(document["first_stage"]),
        profile=text_of(document["profile"]),
        startup_flash_ds=whole(document["startup_flash_ds"]),
        startup_all_red_ds=whole(document["startup_all_red_ds"]),
        red_revert_ds=whole(document["red_revert_ds"]),
        resolution_ds=whole(document["resolution_ds"]),
        steady=tuple((whole(link), text_of(letter)) for link, letter in document["steady"]),
        trailing=tuple(Trailing(whole(f), whole(i), whole(lag)) for f, i, lag in document["trailing"]),
        longer_hours=tuple(_hours(*row) for row in document.get(_HOURS, ())),
        **{key: document[key] for key in _OPTIONAL if key in document},
    )


def _group(item: dict[str, Any]) -> SignalGroup:
    keys = (*_GROUP_KEYS, *(key for key in _GROUP_OPTIONAL if key in item))
    exactly(item, keys)
    times = {key: whole(item[key]) for key in keys if key.endswith("_ds")}
    links = tuple(whole(link) for link in item["links"])
    return SignalGroup(name=text_of(item["name"]), kind=GroupKind(item["kind"]), links=links, **times)


def _hours(days: Any, from_min: Any, to_min: Any) -> DayHours:
    return DayHours(tuple(whole(day) for day in days), whole(from_min), whole(to_min))


def _stage(item: dict[str, Any]) -> Stage:
    exactly(item, _STAGE_KEYS)
    return Stage(text_of(item["name"]), tuple(_RIGHT[letter] for letter in text_of(item["rights"])))


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
    bits = {together_bit(_GREEN[first], _GREEN[second]) for first, second in map(list, map(text_of, letters))}
    if not bits or len(bits) != len(letters):
        raise ValueError(f"a yield pair needs different pairs of greens, got {letters!r}")
    return sum(bits)


def _intergreens(document: dict[str, Any], n: int) -> tuple[tuple[int, ...], ...]:
    matrix = [[-1] * n for _ in range(n)]
    for a, b, gap_ds in document["intergreen_ds"]:
        if matrix[_index(a, n)][_index(b, n)] != -1:
            raise ValueError(f"intergreen {a}, {b} occurs twice")
        matrix[a][b] = whole(gap_ds)
    return tuple(map(tuple, matrix))


def _index(value: Any, n: int) -> int:
    if whole(value) not in range(n):
        raise ValueError(f"no group {value}")
    return int(value)
