"""What the roads tell together, as it is shown: by its route, on the wall, and in the record of what was shown."""

from dataclasses import asdict
from typing import Any, Final

from signal_ctrl.watch.link_table import TRUNK_WANTED_KMH, Sums
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.link_look import Shown

MOST_JAMMED: Final = 200


class SumsOut(BodyOut):
    """Sums over some roads. `known`, roads whose travel time is known; `speed_kmh`, mean over their length."""

    roads: int
    known: int
    jammed: int
    length_m: float
    jammed_m: float
    speed_kmh: float | None


class TrunkOut(SumsOut):
    """The same of expressways and arterials, against the speed that is wanted there."""

    wanted_kmh: float
    reached: bool | None


class JammedOut(BodyOut):
    """One jammed road."""

    link: str
    name: str
    district: str
    level: str
    speed_mps: float | None
    travel_time_s: float | None
    queue_m: float | None


class CongestionOut(BodyOut):
    """What the roads tell together. `jammed` names the worst ones, at most 200."""

    minute_utc_ms: int
    whole: SumsOut
    trunk: TrunkOut
    districts: dict[str, SumsOut]
    jammed: list[JammedOut]


def congestion_of(shown: Shown, most_jammed: int = MOST_JAMMED) -> CongestionOut:
    """Return what the roads of a minute tell together."""
    trunk = shown.congestion.trunk(shown.minute)
    reached = None if trunk.speed_kmh is None else trunk.speed_kmh >= TRUNK_WANTED_KMH
    return CongestionOut(
        minute_utc_ms=shown.minute.minute_utc_ms,
        whole=_sums(shown.congestion.whole(shown.minute)),
        trunk=TrunkOut(**asdict(trunk), wanted_kmh=TRUNK_WANTED_KMH, reached=reached),
        districts={name: _sums(each) for name, each in shown.congestion.districts(shown.minute).items()},
        jammed=[_jammed(shown.rows[at]) for at in shown.congestion.jammed(shown.minute)[:most_jammed]],
    )


def _sums(sums: Sums) -> SumsOut:
    return SumsOut(**asdict(sums))


def _jammed(row: dict[str, Any]) -> JammedOut:
    return JammedOut(**{name: row[name] for name in JammedOut.model_fields})
