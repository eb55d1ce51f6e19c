"""The document of a response: TOML or JSON as people write it, strict; and the canonical JSON of what it says."""

import hashlib
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, TypeVar

from signal_ctrl.centre.override_document import RouteStop
from signal_ctrl.centre.override_values import Reason, Scope, ScopeKind
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields, read_table
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.signs import MessageKind
from signal_ctrl.watch.dispatch.missions import Need
from signal_ctrl.watch.dispatch.unit_file import kind_of, place_of
from signal_ctrl.watch.responses.plan_values import (
    OVERRIDE_S,
    MissionPart,
    OverridePart,
    PlanPart,
    Response,
    ResponseKind,
    SignPart,
)

FORMAT: Final = "signal-ctrl response 1"
SHOWN: Final = {
    "safety": MessageKind.SAFETY,
    "diversion": MessageKind.DIVERSION,
    "information": MessageKind.INFORMATION,
}
"""What a text may be for; guidance to car parks is not for a response to give."""
T = TypeVar("T")
E = TypeVar("E", bound=Enum)


def response_from_text(text: str, source: str = "the document of the response") -> Response:
    """Return the response of a document. Raises: InvalidInputError that names the place."""
    fields = Fields(read_table(text, source), source)
    if fields.text("format") != FORMAT:
        raise InvalidInputError(f"{source}: 'format' is not '{FORMAT}'")
    response = Response(
        name=fields.text("name"),
        title=fields.text("title"),
        kind=_one_of(fields, "kind", ResponseKind),
        lasts_s=_whole(fields, "lasts_s"),
        overrides=_each(fields, "override", _override),
        plans=_each(fields, "plan", _plan),
        signs=_each(fields, "sign", _sign),
        missions=_each(fields, "mission", mission_of_fields),
        checklist=fields.names("checklist", ()),
    )
    fields.done()
    return response


def response_to_json(response: Response) -> str:
    """Return the canonical document of a response; reading it gives the same response."""
    return canonical(response_document(response))


def response_hash(response: Response) -> str:
    """Return the SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(response_to_json(response).encode()).hexdigest()


def response_document(response: Response) -> dict[str, Any]:
    """Return a response as a JSON object."""
    return {
        "format": FORMAT,
        "name": response.name,
        "title": response.title,
        "kind": response.kind.value,
        "lasts_s": response.lasts_s,
        "override": [_override_document(part) for part in response.overrides],
        "plan": [_plan_document(part) for part in response.plans],
        "sign": [
            {
                "name": part.name,
                "sign": part.sign,
                "zh": part.zh,
                "en": part.en,
                "show": next(word for word, kind in SHOWN.items() if kind is part.kind),
                "from_s": part.from_s,
            }
            for part in response.signs
        ],
        "mission": [mission_document(part) for part in response.missions],
        "checklist": list(response.checklist),
    }


def mission_document(part: MissionPart) -> dict[str, Any]:
    """Return the mission of a response as a JSON object."""
    return {
        "name": part.name,
        "kinds": [kind.value for kind in part.need.kinds],
        "skills": list(part.need.skills),
        "equipment": list(part.need.equipment),
        "at": list(part.place),
        "text": part.text,
        "priority": part.priority,
        "road": part.road,
    }


def mission_of_fields(fields: Fields) -> MissionPart:
    """Return the mission of a table. Raises: InvalidInputError."""
    need = Need(
        tuple(kind_of(kind, f"{fields.where}: 'kinds'") for kind in fields.names("kinds")),
        fields.names("skills", ()),
        fields.names("equipment", ()),
    )
    return MissionPart(
        name=fields.text("name"),
        need=need,
        place=place_of(fields.get("at"), f"{fields.where}: 'at'"),
        text=fields.text("text"),
        priority=_whole(fields, "priority", 3),
        road=fields.text("road", ""),
    )


def _override_document(part: OverridePart) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": part.name,
        "kind": part.kind.value,
        "reason": part.reason.value,
        "from_s": part.from_s,
        "lasts_s": part.lasts_s,
    }
    if part.scope is None:
        route = [{"cabinet": s.cabinet, "stage": s.stage, "arrival_s": s.arrival_s} for s in part.route]
        return said | {"route": route, "convoy_s": part.convoy_s}
    one = part.scope.kind in (ScopeKind.CORRIDOR, ScopeKind.DISTRICT)
    said |= {part.scope.kind.value: part.scope.names[0]} if one else {"cabinets": list(part.scope.names)}
    said |= {"stage": part.stage} if part.stage else {}
    return said | ({"stages": dict(part.stages)} if part.stages else {})


def _plan_document(part: PlanPart) -> dict[str, Any]:
    said = {"name": part.name, "plan": part.plan, "number": part.number, "from_s": part.from_s}
    if part.corridor:
        return said | {"corridor": part.corridor}
    return said | ({"cabinets": list(part.cabinets)} if part.cabinets else {})


def _each(fields: Fields, key: str, read: Callable[[Fields], T]) -> tuple[T, ...]:
    found = []
    for number, item in enumerate(fields.tables(key, []), 1):
        inner = Fields(item, f"{fields.where}, {key} {number}")
        found.append(read(inner))
        inner.done()
    return tuple(found)


def _override(fields: Fields) -> OverridePart:
    kind = _one_of(fields, "kind", OverrideKind)
    is_route = kind is OverrideKind.GREEN_ROUTE
    return OverridePart(
        name=fields.text("name"),
        kind=kind,
        reason=_one_of(fields, "reason", Reason),
        scope=None if is_route else _scope(fields),
        stage="" if is_route else fields.text("stage", ""),
        stages=() if is_route else _stages(fields),
        route=_each(fields, "route", _stop) if is_route else (),
        convoy_s=_whole(fields, "convoy_s", 30) if is_route else 30,
        from_s=_whole(fields, "from_s", 0),
        lasts_s=_whole(fields, "lasts_s", OVERRIDE_S[1]),
    )


def _scope(fields: Fields) -> Scope:
    given = [key for key in ("cabinets", "corridor", "district") if fields.has(key)]
    if len(given) != 1:
        raise InvalidInputError(f"{fields.where}: name 'cabinets', 'corridor' or 'district', one of them")
    if given[0] == "cabinets":
        names = fields.names("cabinets")
        return Scope(ScopeKind.JUNCTION if len(names) == 1 else ScopeKind.LIST, names)
    return Scope(ScopeKind(given[0]), (fields.text(given[0]),))


def _stages(fields: Fields) -> tuple[tuple[str, str], ...]:
    table = fields.get("stages", {})
    if not isinstance(table, dict) or not all(isinstance(stage, str) and stage for stage in table.values()):
        raise InvalidInputError(f"{fields.where}: 'stages' has to be a table of cabinet = stage")
    return tuple(sorted(table.items()))


def _stop(fields: Fields) -> RouteStop:
    return RouteStop(fields.text("cabinet"), fields.text("stage"), _whole(fields, "arrival_s"))


def _plan(fields: Fields) -> PlanPart:
    return PlanPart(
        name=fields.text("name"),
        plan=fields.text("plan"),
        number=_whole(fields, "number", 0),
        cabinets=fields.names("cabinets", ()),
        corridor=fields.text("corridor", ""),
        from_s=_whole(fields, "from_s", 0),
    )


def _sign(fields: Fields) -> SignPart:
    show = fields.text("show", "safety")
    if show not in SHOWN:
        raise InvalidInputError(f"{fields.where}: 'show' is one of {', '.join(SHOWN)}, got '{show}'")
    return SignPart(
        name=fields.text("name"),
        sign=fields.text("sign"),
        zh=fields.text("zh"),
        en=fields.text("en"),
        kind=SHOWN[show],
        from_s=_whole(fields, "from_s", 0),
    )


def _one_of(fields: Fields, key: str, kind: type[E]) -> E:
    text = fields.text(key)
    try:
        return kind(text)
    except ValueError:
        there = ", ".join(str(each.value) for each in kind)
        raise InvalidInputError(f"{fields.where}: '{key}' is one of {there}, got '{text}'") from None


def _whole(fields: Fields, key: str, otherwise: int | None = None) -> int:
    value = fields.number(key, least=0) if otherwise is None else fields.number(key, otherwise, 0)
    if value != int(value):
        raise InvalidInputError(f"{fields.where}: '{key}' has to be a whole number, got {value:g}")
    return int(value)
