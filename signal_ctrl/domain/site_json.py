"""Sites as JSON documents, and their hash."""

import hashlib
import json
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import (
    COMPATIBLE,
    GroupKind,
    Right,
    SignalGroup,
    Site,
    Stage,
    Trailing,
    together_bit,
)

FORMAT: Final = "signal-ctrl site 1"
_LETTER: Final = {Right.NONE: "r", Right.STOP: "s", Right.PERMISSIVE: "g", Right.PROTECTED: "G"}
_RIGHT: Final = {letter: right for right, letter in _LETTER.items()}
_GREENS: Final = (Right.PERMISSIVE, Right.PROTECTED)


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
        document = json.loads(text, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"not a site document: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidInputError(f"not a site document: 'format' is not '{FORMAT}'")
    try:
        return _site(document)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InvalidInputError(f"not a site document: {type(error).__name__} {error}") from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key occurs twice")
    return dict(pairs)


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
            [a, b, _pairs(site.together[a][b])] for a, b in unordered if 0 < site.together[a][b] < COMPATIBLE
        ],
        "intergreen_ds": [
            [a, b, site.intergreen_ds[a][b]]
            for a, b in site.ordered_pairs()
            if site.together[a][b] != COMPATIBLE
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
    return {
        "name": group.name,
        "kind": group.kind.value,
        "links": list(group.links),
        "amber_ds": group.amber_ds,
        "min_green_ds": group.min_green_ds,
        "max_green_ds": group.max_green_ds,
        "max_red_ds": group.max_red_ds,
        "clearance_ds": group.clearance_ds,
        "buffer_ds": group.buffer_ds,
    }


def _pairs(entry: int) -> list[str]:
    return [_LETTER[a] + _LETTER[b] for a in _GREENS for b in _GREENS if entry & together_bit(a, b)]


def _site(document: dict[str, Any]) -> Site:
    groups = tuple(_group(item) for item in document["groups"])
    return Site(
        signal_id=_text(document["signal_id"]),
        n_links=_whole(document["n_links"]),
        groups=groups,
        stages=tuple(
            Stage(_text(s["name"]), tuple(_RIGHT[c] for c in s["rights"])) for s in document["stages"]
        ),
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
    times = {key: _whole(value) for key, value in item.items() if key.endswith("_ds")}
    links = tuple(_whole(link) for link in item["links"])
    return SignalGroup(name=_text(item["name"]), kind=GroupKind(item["kind"]), links=links, **times)


def _together(document: dict[str, Any], n: int) -> tuple[tuple[int, ...], ...]:
    matrix = [[COMPATIBLE if a == b else 0 for b in range(n)] for a in range(n)]
    for a, b in document["compatible"]:
        matrix[_index(a, n)][_index(b, n)] = matrix[b][a] = COMPATIBLE
    for a, b, letters in document["yield"]:
        for first, second in letters:
            matrix[_index(a, n)][_index(b, n)] |= together_bit(_RIGHT[first], _RIGHT[second])
            matrix[b][a] |= together_bit(_RIGHT[second], _RIGHT[first])
    return tuple(map(tuple, matrix))


def _intergreens(document: dict[str, Any], n: int) -> tuple[tuple[int, ...], ...]:
    matrix = [[-1] * n for _ in range(n)]
    for a, b, gap_ds in document["intergreen_ds"]:
        matrix[_index(a, n)][_index(b, n)] = _whole(gap_ds)
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
