"""A response resolved against the centre: its document for a start, or every reason why it cannot be ordered."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from signal_ctrl.centre.cabinets import CABINETS, Cabinet, kernel_of, site_of
from signal_ctrl.centre.issuing import IssueWish, check_change, chosen_of
from signal_ctrl.centre.override_document import OverrideWish, check_against_sites, resolve
from signal_ctrl.centre.override_values import AHEAD_MS, OverrideDocument
from signal_ctrl.centre.ports import Reading
from signal_ctrl.domain.errors import InvalidInputError, RefusedError
from signal_ctrl.domain.plan import SignalPlan, drafts_from_json
from signal_ctrl.engine.plan_review import Reason, plan_reasons
from signal_ctrl.watch.dispatch.ranking import Town
from signal_ctrl.watch.dispatch.unit_desk import units
from signal_ctrl.watch.dispatch.units import Unit, UnitState
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.responses.order_document import OrderDocument, OrderedPlan
from signal_ctrl.watch.responses.plan_values import MissionPart, OverridePart, PlanPart, Response, SignPart

GRACE_MS: Final = 60_000
"""A plan of a response ends by itself so long after the response, should nobody end it. [ms] [P]"""
LATE_MS: Final = 6 * 60_000
_S_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class PartReason:
    """Why a part of a response cannot be ordered: `rule` as the centre has it, `text` one line for people."""

    part: str
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a response is checked against beside the centre: signs and roads, None where there are none yet."""

    guidance: Guidance | None = None
    town: Town | None = None


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    reasons: list[PartReason] = field(default_factory=list)
    overrides: list[tuple[str, OverrideDocument]] = field(default_factory=list)
    plans: list[OrderedPlan] = field(default_factory=list)

    def say(self, part: str, rule: str, text: str) -> None:
        self.reasons.append(PartReason(part, rule, text))


def resolved(
    reading: Reading,
    response: Response,
    order: tuple[int, str, str],
    start_ms: int,
    now_ms: int,
    around: Surroundings,
) -> tuple[OrderDocument | None, tuple[PartReason, ...]]:
    """Return the document of a response that begins at a time, or None and every reason why there is none. [ms]

    Args: order, number and hash of the response in the library, and the case.
    """
    found = _Found()
    end_ms = start_ms + response.lasts_s * _S_MS
    if not now_ms - LATE_MS <= start_ms <= now_ms + AHEAD_MS - GRACE_MS:
        found.say("", "C/start", "a response starts now or within 24 h")
        return None, tuple(found.reasons)
    for override in response.overrides:
        _override(reading, override, response, order[2], start_ms, now_ms, found)
    _apart(found)
    for plan in response.plans:
        _plan(reading, plan, start_ms, end_ms, found)
    _once(found)
    for sign in response.signs:
        _sign(sign, around.guidance, found)
    every = units(reading) if response.missions else ()
    for mission in response.missions:
        _mission(mission, around.town, every, found)
    if found.reasons:
        return None, tuple(found.reasons)
    number, sha256, case = order
    document = OrderDocument(
        response=response.name,
        number=number,
        response_sha256=sha256,
        case=case,
        start_utc_ms=start_ms,
        end_utc_ms=end_ms,
        overrides=tuple(found.overrides),
        plans=tuple(found.plans),
        signs=tuple((part.name, part.text(start_ms, end_ms, part.name)) for part in response.signs),
        missions=response.missions,
        checklist=response.checklist,
    )
    return document, ()


def _override(
    reading: Reading, part: OverridePart, response: Response, case: str, start_ms: int, now_ms: int, found: _Found
) -> None:
    missing = list(_missing(reading, part))
    for text in missing:
        found.say(part.name, "C/places", text)
    if missing:
        return
    begin_ms = start_ms + part.from_s * _S_MS
    try:
        wish = OverrideWish(
            kind=part.kind,
            scope=part.scope,
            reason=part.reason,
            case=case,
            note=f"response {response.name}",
            start_utc_ms=begin_ms,
            lasts_s=part.lasts_s,
            stage=part.stage,
            stages=part.stages,
            route=part.route,
            convoy_s=part.convoy_s,
        )
        document = resolve(reading, wish, max(now_ms, begin_ms - AHEAD_MS))
        check_against_sites(reading, document)
        found.overrides.append((part.name, document))
    except (InvalidInputError, RefusedError) as error:
        found.say(part.name, "C/override", str(error))


def _missing(reading: Reading, part: OverridePart) -> Iterator[str]:
    """Yield each cabinet of an override that is not there, and each stage that a site lacks."""
    if part.scope is not None and part.scope.kind.value not in ("junction", "list"):
        return  # an area has the cabinets that it has; its stages are looked at when it is resolved
    wanted = [(stop.cabinet, stop.stage) for stop in part.route]
    if part.scope is not None:
        stages = dict(part.stages)
        wanted = [(name, stages.get(name, part.stage)) for name in part.scope.names]
    known = reading.shelf(CABINETS).several([name for name, _ in wanted])
    for name, stage in wanted:
        if name not in known:
            yield f"there is no cabinet {name}"
        elif stage and stage not in (names := [one.name for one in site_of(known[name].site).stages]):
            yield f"cabinet {name} has no stage {stage}; it has {', '.join(names[:8])}"


def _apart(found: _Found) -> None:
    """Notice cabinets that two overrides of one response would hold at one time."""
    spans: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for name, document in found.overrides:
        for leg in document.legs:
            for begin_ms, end_ms, other in spans[leg.cabinet]:
                if leg.start_utc_ms < end_ms and begin_ms < leg.end_utc_ms:
                    found.say(name, "C/twice", f"cabinet {leg.cabinet} is held by part {other} at the same time")
            spans[leg.cabinet].append((leg.start_utc_ms, leg.end_utc_ms, name))


def _plan(reading: Reading, part: PlanPart, start_ms: int, end_ms: int, found: _Found) -> None:
    wish = IssueWish(part.plan, part.number, part.cabinets, part.corridor)
    try:
        item, chosen = chosen_of(reading, wish)
    except InvalidInputError as error:
        found.say(part.name, "K9/plan", str(error))
        return
    reasons = list(_gate(item.document, chosen))
    try:
        check_change(reading, chosen)
    except RefusedError as error:
        reasons.append(("K9/change", str(error)))
    for rule, text in reasons:
        found.say(part.name, rule, text)
    if not reasons:
        names = tuple(cabinet.cabinet for cabinet, _ in chosen)
        times = start_ms + part.from_s * _S_MS, end_ms + GRACE_MS
        found.plans.append(OrderedPlan(part.name, item.name, item.number, item.sha256, names, *times))


def _gate(document: str, chosen: Sequence[tuple[Cabinet, SignalPlan]]) -> Iterator[tuple[str, str]]:
    """Yield every reason of K9 why the sites of the chosen cabinets cannot keep a plan."""
    for reason in _reviewed(document, tuple(cabinet.site for cabinet, _ in chosen)):
        yield reason.rule, f"{reason.signal_id}: {reason.text}"


@lru_cache(maxsize=256)
def _reviewed(document: str, sites: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return every reason of K9 why sites cannot keep their parts of a plan; the same question has one answer."""
    name, drafts = drafts_from_json(document)
    kernels = {site_of(site).signal_id: kernel_of(site) for site in sites}
    own = [draft for draft in drafts if draft.signal_id in kernels]
    return plan_reasons(name, own, [kernel.site for kernel in kernels.values()], kernels)


def _once(found: _Found) -> None:
    """Notice cabinets that two plans of one response are for."""
    named: dict[str, str] = {}
    for plan in found.plans:
        for cabinet in plan.cabinets:
            if cabinet in named:
                found.say(plan.name, "C/twice", f"cabinet {cabinet} has a plan of part {named[cabinet]} already")
            named.setdefault(cabinet, plan.name)


def _sign(part: SignPart, guidance: Guidance | None, found: _Found) -> None:
    signs = {sign.sign_id: sign for sign in guidance.signs} if guidance is not None else {}
    sign = signs.get(part.sign)
    if sign is None:
        found.say(part.name, "S/sign", f"there is no sign {part.sign}" + ("" if signs else "; none was imported"))
        return
    for text, longest, language in ((part.zh, sign.longest_zh, "Chinese"), (part.en, sign.longest_en, "English")):
        if len(text) > longest:
            found.say(
                part.name, "S/text", f"sign {part.sign} shows {longest} characters in {language}, not {len(text)}"
            )


def _mission(part: MissionPart, town: Town | None, every: Sequence[Unit], found: _Found) -> None:
    if town is None:
        found.say(part.name, "D/roads", "there is no road network yet; import one first")
    else:
        try:
            if not town.places(part.place, part.road):
                found.say(part.name, "D/place", "no road is near its place")
        except InvalidInputError as error:
            found.say(part.name, "D/place", str(error))
    need = part.need
    fit = [
        unit
        for unit in every
        if unit.kind in need.kinds
        and {*need.skills} <= {*unit.skills}
        and {*need.equipment} <= {*unit.equipment}
        and unit.state is not UnitState.OUT_OF_SERVICE
    ]
    if not fit:
        what = ", ".join((*(kind.value for kind in need.kinds), *need.skills, *need.equipment))
        found.say(part.name, "D/units", f"no unit in service is {what}")
