"""A junction as it is shown: by routes and by the stream."""

from collections.abc import Mapping
from typing import Any

from signal_ctrl.centre.cabinets import Cabinet, every_cabinet
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.registry import CabinetStatus
from signal_ctrl.domain.link.orders import Version
from signal_ctrl.web.bodies import BodyOut


class VersionOut(BodyOut):
    """The version of a cabinet's orders."""

    epoch: int
    revision: int


class JunctionOut(BodyOut):
    """One junction. `runs` is what its cabinet says that it runs, never what it was sent."""

    junction: str
    district: str
    corridor: str
    place: str
    lon: float | None
    lat: float | None
    site_sha256: str
    link: str
    heard_utc_ms: int | None
    sent: VersionOut | None
    sent_why: str
    acknowledged: str | None
    reasons: list[str]
    runs: VersionOut | None
    runs_plan_sha256: str
    says: dict[str, str]


class LampsOut(BodyOut):
    """The lamps that a cabinet told of at its last poll. `aspects` of the signal groups in the order of the site.

    `stage`, its index in the site, None while none is shown; `stage_began_utc_ms`, when it began, or what else is
    shown. `remaining_ds`, by group, for how much longer after `at_utc_ms` its WALK or clearance lasts for sure, None
    where no countdown runs.
    """

    at_utc_ms: int
    age_ms: int
    stage: int | None
    stage_began_utc_ms: int
    aspects: list[str]
    remaining_ds: list[int | None]


def shown_lamps(cabinet: str, centre: Centre) -> LampsOut | None:
    """Return the lamps of a cabinet; None if it never told of any to this process."""
    told = centre.lamps.of(cabinet)
    if told is None:
        return None
    return LampsOut(
        at_utc_ms=told.at_utc_ms,
        age_ms=centre.desk.clock.mono_ms() - told.at_mono_ms,
        stage=told.lamps.stage,
        stage_began_utc_ms=told.at_utc_ms - 100 * told.lamps.since_ds,
        aspects=list(told.lamps.words),
        remaining_ds=[dict(told.lamps.counts).get(group) for group in range(len(told.lamps.aspects))],
    )


def shown(cabinet: Cabinet, centre: Centre) -> JunctionOut:
    """Return what is known of a junction now."""
    return _shown_of(cabinet, centre.registry.status(cabinet))


def _shown_of(cabinet: Cabinet, status: CabinetStatus) -> JunctionOut:
    return JunctionOut(
        junction=cabinet.cabinet,
        district=cabinet.district,
        corridor=cabinet.corridor,
        place=cabinet.place,
        lon=cabinet.lon,
        lat=cabinet.lat,
        site_sha256=cabinet.site_sha256,
        link=status.link.value,
        heard_utc_ms=status.heard_utc_ms,
        sent=_version(status.sent),
        sent_why=status.sent_why,
        acknowledged=None if status.acknowledged is None else status.acknowledged.value,
        reasons=list(status.reasons),
        runs=_version(status.runs),
        runs_plan_sha256=status.runs_plan_sha256,
        says=dict(status.says),
    )


def _version(version: Version | None) -> VersionOut | None:
    return None if version is None else VersionOut(epoch=version.epoch, revision=version.revision)


class JunctionLook:
    """Shows every junction, without the time at which it was heard, which changes with every poll."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._cabinets: tuple[Cabinet, ...] = ()
        self._shown: dict[str, tuple[Cabinet, tuple[object, ...], dict[str, Any]]] = {}

    def __call__(self, fresh: bool) -> Mapping[str, dict[str, Any]]:
        """Return junctions by name. Args: fresh, that cabinets may have come or moved since."""
        if fresh:
            self._cabinets = self._centre.store.read(every_cabinet)
        self._shown = {each.cabinet: self._of(each) for each in self._cabinets}
        return {name: shown for name, (_, _, shown) in self._shown.items()}

    def _of(self, cabinet: Cabinet) -> tuple[Cabinet, tuple[object, ...], dict[str, Any]]:
        """Return what is shown of a cabinet: made anew only where something but the time of its last poll changed."""
        marks = self._centre.registry.marks(cabinet.cabinet)
        known = self._shown.get(cabinet.cabinet)
        if known is not None and known[0] is cabinet and known[1] == marks:
            return known
        status = self._centre.registry.status(cabinet)
        return cabinet, marks, _shown_of(cabinet, status).model_dump(exclude={"heard_utc_ms"})
