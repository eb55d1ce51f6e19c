"""What an operator asks for, resolved to cabinets and times, as the document whose hash is confirmed and approved."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from signal_ctrl.centre.cabinets import Cabinet, by_name, cabinets_in, cabinets_of_names, site_of
from signal_ctrl.centre.convoy import route_legs
from signal_ctrl.centre.override_values import (
    AHEAD_MS,
    Leg,
    OverrideDocument,
    Reason,
    Scope,
    ScopeKind,
)
from signal_ctrl.centre.ports import Reading
from signal_ctrl.domain.documents import canonical, exactly, items_of, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.link.overrides import OverrideKind

FORMAT: Final = "signal-ctrl override 1"
LATE_MS: Final = 6 * 60_000
"""A document may have begun so long ago when it comes into force: the approval takes up to 5 min. [ms]"""
_KEYS: Final = ("format", "kind", "scope", "legs", "start_utc_ms", "end_utc_ms", "reason", "case", "note")
_LEG_KEYS: Final = ("cabinet", "stage", "start_utc_ms", "end_utc_ms")
_ARRIVES: Final = "arrives_utc_ms"
_S_MS: Final = 1000
N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class RouteStop:
    """Where a convoy passes: the cabinet, the stage it needs there, and when it arrives after the start. [s]"""

    cabinet: str
    stage: str
    arrival_s: int


@dataclass(frozen=True, slots=True)
class OverrideWish:
    """What an operator asks for. [ms] [s]

    `stage` is for every cabinet, `stages` for one each; a green route has `route` instead of both, in the order of
    travel, `convoy_s` that the convoy takes to pass, and `ahead_s` (None: as long as the junction may need).
    The expiry is `end_utc_ms` or `lasts_s`, one of them; the start is at once where none is given.
    """

    kind: OverrideKind
    scope: Scope | None
    reason: Reason
    case: str
    note: str = ""
    start_utc_ms: int | None = None
    end_utc_ms: int | None = None
    lasts_s: int | None = None
    stage: str = ""
    stages: tuple[tuple[str, str], ...] = ()
    route: tuple[RouteStop, ...] = ()
    convoy_s: int = 30
    ahead_s: int | None = None

    def __post_init__(self) -> None:
        if (self.end_utc_ms is None) == (self.lasts_s is None):
            raise InvalidInputError("an override needs its expiry: 'end_utc_ms' or 'lasts_s', one of them")
        is_route = self.kind is OverrideKind.GREEN_ROUTE
        if is_route != bool(self.route) or (is_route and (self.stage or self.stages)):
            raise InvalidInputError(
                "a green route needs 'route', a list of cabinet, stage and arrival_s; no other has it"
            )
        if (self.scope is None) != is_route:
            raise InvalidInputError(
                "an override needs a scope; the scope of a green route are the cabinets of its route"
            )

    def times_ms(self, now_ms: int) -> tuple[int, int]:
        """Return start and end. [ms] Raises: InvalidTimingError if it starts too early or too late."""
        start_ms = now_ms if self.start_utc_ms is None else self.start_utc_ms
        if not now_ms - LATE_MS <= start_ms <= now_ms + AHEAD_MS:
            raise InvalidTimingError("an override starts now or within 24 h")
        end_ms = start_ms + (self.lasts_s or 0) * _S_MS if self.end_utc_ms is None else self.end_utc_ms
        return start_ms, end_ms


def resolve(reading: Reading, wish: OverrideWish, now_ms: int) -> OverrideDocument:
    """Return the document of a wish: whom it reaches, and when; `check_against_sites` looks at its stages. [ms]

    Raises: NotFoundError for unknown cabinets or areas.
    """
    start_ms, end_ms = wish.times_ms(now_ms)
    if wish.scope is None:
        scope = Scope(ScopeKind.LIST, tuple(stop.cabinet for stop in wish.route))
        legs = _route(reading, wish, start_ms, end_ms)
    else:
        scope = wish.scope
        stages = dict(wish.stages)
        chosen = cabinets_of(reading, scope)
        _all_known(stages, chosen)
        legs = tuple(Leg(c.cabinet, stages.get(c.cabinet, wish.stage), start_ms, end_ms) for c in chosen)
    return OverrideDocument(wish.kind, scope, legs, start_ms, end_ms, wish.reason, wish.case, wish.note)


def cabinets_of(reading: Reading, scope: Scope) -> tuple[Cabinet, ...]:
    """Return the cabinets of a scope, by name. Raises: NotFoundError."""
    if scope.kind in (ScopeKind.JUNCTION, ScopeKind.LIST):
        return by_name(cabinets_of_names(reading, scope.names))
    return cabinets_in(reading, scope.kind.value, scope.names[0])


def check_against_sites(reading: Reading, document: OverrideDocument) -> tuple[Cabinet, ...]:
    """Return the cabinets of a document, which are still those of its scope and have its stages.

    Raises: NotFoundError; InvalidInputError if the scope has other cabinets by now, or a site lacks a stage.
    """
    chosen = cabinets_of(reading, document.scope)
    if {c.cabinet for c in chosen} != {leg.cabinet for leg in document.legs}:
        raise InvalidInputError("the scope has other cabinets by now; prepare the override again")
    by_id = {c.cabinet: c for c in chosen}
    for leg in document.legs:
        names = [stage.name for stage in site_of(by_id[leg.cabinet].site).stages]
        if leg.stage and names.count(leg.stage) != 1:
            raise InvalidInputError(f"cabinet {leg.cabinet} has no stage {leg.stage}; it has {', '.join(names[:8])}")
    return chosen


def _route(reading: Reading, wish: OverrideWish, start_ms: int, end_ms: int) -> tuple[Leg, ...]:
    cabinets = cabinets_of_names(reading, [stop.cabinet for stop in wish.route])
    stops = [(c, stop.stage, stop.arrival_s) for c, stop in zip(cabinets, wish.route, strict=True)]
    return route_legs(stops, (start_ms, end_ms), wish.convoy_s, wish.ahead_s)


def _all_known(stages: dict[str, str], chosen: tuple[Cabinet, ...]) -> None:
    unknown = sorted(stages.keys() - {c.cabinet for c in chosen})
    if unknown:
        raise InvalidInputError(f"a stage is named for {unknown[0]}, which is not in the scope")


def document_json(document: OverrideDocument) -> dict[str, Any]:
    """Return a document as a JSON object."""
    return {
        "format": FORMAT,
        "kind": document.kind.value,
        "scope": {"kind": document.scope.kind.value, "names": list(document.scope.names)},
        "legs": [_leg_json(leg) for leg in document.legs],
        "start_utc_ms": document.start_utc_ms,
        "end_utc_ms": document.end_utc_ms,
        "reason": document.reason.value,
        "case": document.case,
        "note": document.note,
    }


def _leg_json(leg: Leg) -> dict[str, Any]:
    """Return a leg; one without a convoy has no key for its arrival."""
    convoy = {} if leg.arrives_utc_ms is None else {_ARRIVES: leg.arrives_utc_ms}
    return {key: getattr(leg, key) for key in _LEG_KEYS} | convoy


def document_hash(document: OverrideDocument) -> str:
    """Return the SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(canonical(document_json(document)).encode()).hexdigest()


def document_of(item: dict[str, Any]) -> OverrideDocument:
    """Return the document of a JSON object. Raises: InvalidInputError."""
    try:
        exactly(item, _KEYS)
        if item["format"] != FORMAT:
            raise ValueError(f"'format' is not '{FORMAT}'")
        return OverrideDocument(
            kind=_named(OverrideKind, item["kind"]),
            scope=_scope(item["scope"]),
            legs=tuple(_leg(leg) for leg in items_of(item["legs"])),
            start_utc_ms=whole(item["start_utc_ms"]),
            end_utc_ms=whole(item["end_utc_ms"]),
            reason=_named(Reason, item["reason"]),
            case=text_of(item["case"]),
            note=item["note"] and text_of(item["note"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"not an override document: {why(error)}") from error


def _scope(item: dict[str, Any]) -> Scope:
    exactly(item, ("kind", "names"))
    return Scope(_named(ScopeKind, item["kind"]), tuple(text_of(name) for name in items_of(item["names"])))


def _leg(item: dict[str, Any]) -> Leg:
    exactly(item, (*_LEG_KEYS, _ARRIVES) if _ARRIVES in item else _LEG_KEYS)
    stage = item["stage"] and text_of(item["stage"])
    arrives_ms = whole(item[_ARRIVES]) if _ARRIVES in item else None
    return Leg(text_of(item["cabinet"]), stage, whole(item["start_utc_ms"]), whole(item["end_utc_ms"]), arrives_ms)


def _named(kind: Callable[[Any], N], value: Any) -> N:
    return kind(text_of(value))
