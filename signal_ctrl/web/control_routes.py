"""What stands behind a junction's lamps: who controls it and why, its plan, its delays, its picture; and diagrams."""

from typing import Annotated, Any, Final

from fastapi import Query, Response
from pydantic import StringConstraints

from signal_ctrl.centre.cabinets import Cabinet, cabinet_of, cabinets_of_names, site_of
from signal_ctrl.centre.order_values import ASSIGNMENTS, Assignment, PlanUse
from signal_ctrl.centre.ports import Reading
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.watch.junction_delay import delays_before
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.centre_bodies import NamePath, Reader, people_only
from signal_ctrl.web.context import Context
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.shown_files import ShownFile, ShownFiles

router = new_router("control")

_NAME: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
MOST_PICTURE_BYTES: Final = 4 * (1 << 20)
PICTURES: Final = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
SinceMs = Annotated[int, Query(ge=0, le=1 << 43)]


class PlanOut(BodyOut):
    """The plan that a junction is meant to keep. [ds] [ms] Stages by their names, in the order of the cycle."""

    name: str
    number: int
    cycle_ds: int
    offset_ds: int
    stages: list[str]
    splits_ds: list[int]
    not_before_utc_ms: int
    adaptive: bool


class WordOut(BodyOut):
    """The last event of its code that a cabinet told. [ms]"""

    code: str
    utc_ms: int
    text: str


class DelayOut(BodyOut):
    """One minute before the junction: mean delay of a vehicle, None where it is not known. [ms] [s] [veh/h]"""

    minute_utc_ms: int
    delay_s: float | None
    flow_veh_h: float


class ControlOut(BodyOut):
    """Who controls a junction and why, the plan and the one to come, its delays of two hours, its picture."""

    says: dict[str, str]
    words: list[WordOut]
    plan: PlanOut | None
    coming: PlanOut | None
    delays: list[DelayOut]
    picture_utc_ms: int | None


class TrailOut(BodyOut):
    """One junction over the last minutes. `changes` are [time in ms, a letter a signal group], empty: not known."""

    junction: str
    corridor: str
    lon: float | None
    lat: float | None
    heard_utc_ms: int
    signal: str
    groups: list[dict[str, Any]]
    stages: list[dict[str, Any]]
    changes: list[tuple[int, str]]
    plan: PlanOut | None


class TrailsOut(BodyOut):
    """Lamps of some junctions over the last minutes, in the order in which they were asked for. [ms]"""

    now_utc_ms: int
    junctions: list[TrailOut]


class ArrivalsOut(BodyOut):
    """Arrivals at the stop lines of a junction, as [time in ms, index of the signal group], the oldest first."""

    now_utc_ms: int
    arrivals: list[tuple[int, int]]


@router.get("/v1/junctions/{junction}/control")
def control(junction: NamePath, actor: Reader, context: ContextOf) -> ControlOut:
    """Say who controls a junction and why, and what has become of those who came to it."""
    people_only(actor)
    centre = context.centre
    cabinet, standing, coming = centre.store.read(lambda reading: _meant(reading, junction))
    network, picture = context.watch.network(), _picture(context, junction)
    signal = site_of(cabinet.site).signal_id
    delays = () if network is None else delays_before(network, context.watch.minutes(0), signal)
    return ControlOut(
        says=dict(centre.registry.status(cabinet).says),
        words=[WordOut(**word._asdict()) for word in centre.recent.words(junction)],
        plan=_plan(standing),
        coming=_plan(coming),
        delays=[DelayOut(minute_utc_ms=d.minute_utc_ms, delay_s=d.delay_s, flow_veh_h=d.flow_veh_h) for d in delays],
        picture_utc_ms=None if picture is None else picture.written_utc_ms,
    )


@router.get(
    "/v1/junctions/{junction}/picture", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}}
)
def picture(junction: NamePath, actor: Reader, context: ContextOf) -> Response:
    """Return the last picture of a junction, as whoever counts there left it in the folder of `serve --pictures`."""
    people_only(actor)
    context.centre.store.read(lambda reading: cabinet_of(reading, junction))
    found, folder = _picture(context, junction), _pictures(context)
    if found is None or folder is None:
        raise NotFoundError(f"there is no picture of {junction}")
    kind = PICTURES[found.name[found.name.rindex(".") :]]
    return Response(folder.read_named(found.name), media_type=kind)


@router.get("/v1/greens")
def greens(
    actor: Reader,
    context: ContextOf,
    junction: Annotated[list[Annotated[str, StringConstraints(pattern=_NAME)]], Query(min_length=1, max_length=20)],
    since_utc_ms: SinceMs = 0,
) -> TrailsOut:
    """Show the lamps of up to 20 junctions since a time, as their polls saw them, with the plan of each.

    From memory: some fifteen minutes at most. What was lit at `since_utc_ms` comes first.
    """
    people_only(actor)

    def look(reading: Reading) -> list[TrailOut]:
        names = list(dict.fromkeys(junction))
        meant = reading.shelf(ASSIGNMENTS).several(names)
        cabinets = cabinets_of_names(reading, names)
        return [_trail(each, meant.get(each.cabinet), context, since_utc_ms) for each in cabinets]

    return TrailsOut(now_utc_ms=context.clock.utc_ms(), junctions=context.centre.store.read(look))


@router.get("/v1/arrivals")
def arrivals(
    actor: Reader,
    context: ContextOf,
    junction: Annotated[str, Query(pattern=_NAME)],
    since_utc_ms: SinceMs = 0,
) -> ArrivalsOut:
    """Show when vehicles reached the stop lines of a junction since a time, as its cabinet reported them."""
    people_only(actor)
    context.centre.store.read(lambda reading: cabinet_of(reading, junction))
    found = context.centre.recent.arrivals(junction, since_utc_ms)
    return ArrivalsOut(now_utc_ms=context.clock.utc_ms(), arrivals=[(each.utc_ms, each.group) for each in found])


def _meant(reading: Reading, junction: str) -> tuple[Cabinet, PlanUse | None, PlanUse | None]:
    found = reading.shelf(ASSIGNMENTS).get(junction) or Assignment(junction)
    return cabinet_of(reading, junction), found.standing, found.coming


def _trail(cabinet: Cabinet, meant: Assignment | None, context: Context, since_utc_ms: int) -> TrailOut:
    site = site_of(cabinet.site)
    changes, heard_utc_ms = context.centre.lamps.trail.of(cabinet.cabinet)
    first = max((at for at, each in enumerate(changes) if each.utc_ms <= since_utc_ms), default=0)
    return TrailOut(
        junction=cabinet.cabinet,
        corridor=cabinet.corridor,
        lon=cabinet.lon,
        lat=cabinet.lat,
        heard_utc_ms=heard_utc_ms,
        signal=site.signal_id,
        groups=[{"name": group.name, "links": list(group.links)} for group in site.groups],
        stages=[
            {"name": stage.name, "green": [g for g, right in enumerate(stage.rights) if right.is_green]}
            for stage in site.stages
        ],
        changes=[(each.utc_ms, each.aspects) for each in changes[first:]],
        plan=_plan(None if meant is None else meant.standing),
    )


def _plan(use: PlanUse | None) -> PlanOut | None:
    if use is None:
        return None
    plan = use.plan
    return PlanOut(
        name=use.name,
        number=use.number,
        cycle_ds=plan.cycle_ds,
        offset_ds=plan.offset_ds,
        stages=list(plan.stages),
        splits_ds=list(plan.splits_ds),
        not_before_utc_ms=use.not_before_utc_ms,
        adaptive=use.adaptive,
    )


def _pictures(context: Context) -> ShownFiles | None:
    folder = context.settings.pictures
    return None if folder is None else ShownFiles(folder, frozenset(PICTURES), MOST_PICTURE_BYTES)


def _picture(context: Context, junction: str) -> ShownFile | None:
    """Return the youngest picture of a junction."""
    folder = _pictures(context)
    found = [] if folder is None else [folder.named(junction + suffix) for suffix in PICTURES]
    return max((each for each in found if each is not None), key=lambda each: each.written_utc_ms, default=None)
