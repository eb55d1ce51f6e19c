"""A green route for a unit: which junctions it passes, by which stage, and when. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.override_document import OverrideWish, RouteStop
from signal_ctrl.centre.override_values import LONGEST_MS, SHORTEST_MS, Reason
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.site import Right, Site
from signal_ctrl.watch.dispatch.missions import Arrival
from signal_ctrl.watch.dispatch.unit_file import TurnStage
from signal_ctrl.watch.diversion.guidance import Guidance

CONVOY_S: Final = 15
"""So long a unit takes to pass, beside what is uncertain of its arrival. [s] [P]"""
LONGEST_CONVOY_S: Final = 600
SPARE_S: Final = 60
_S_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Passed:
    """A junction on the way: its cabinet, the roads of the turn, and when the unit is expected after now. [s]

    `stage` is the one that the document of signs and movements has for the turn, empty where it has none.
    """

    cabinet: str
    from_road: str
    to_road: str
    after_s: float
    stage: str = ""


def green_wish(
    mission_id: str, arrival: Arrival, passed: Sequence[Passed], turns: Sequence[TurnStage], by_hand: Mapping[str, str]
) -> OverrideWish:
    """Return what is asked of the centre for a unit under way.

    The stage of a junction is the one that was named by hand, else that of the turn in the document of units, else the
    one that `stage_of_turn` found. Each junction is held from the earliest to the latest arrival.
    Raises: InvalidInputError if there is no junction on the way, or for some of them no stage is known.
    """
    known = {(turn.from_road, turn.to_road): turn.stage for turn in turns}
    stages = [by_hand.get(one.cabinet) or known.get((one.from_road, one.to_road)) or one.stage for one in passed]
    missing = [one for one, stage in zip(passed, stages, strict=True) if not stage]
    if not passed:
        raise InvalidInputError("no junction of the centre is on the way of the unit; it needs no green route")
    if missing:
        words = ", ".join(f"{one.cabinet} ({one.from_road} to {one.to_road})" for one in missing[:8])
        raise InvalidInputError(
            f"no stage is known for {words}; name them as 'stages', or add [[green]] to the document of units"
        )
    scale = max(arrival.travel_s, 1.0)
    spread_s = passed[-1].after_s * (arrival.high_s - arrival.low_s) / scale
    convoy_s = min(math.ceil(spread_s) + CONVOY_S, LONGEST_CONVOY_S)
    early = min(arrival.low_s / scale, 1.0)
    route = tuple(
        RouteStop(one.cabinet, stage, math.floor(one.after_s * early))
        for one, stage in zip(passed, stages, strict=True)
    )
    lasts_s = min(max(route[-1].arrival_s + convoy_s + SPARE_S, SHORTEST_MS // _S_MS), LONGEST_MS // _S_MS)
    return OverrideWish(
        kind=OverrideKind.GREEN_ROUTE,
        scope=None,
        reason=Reason.EMERGENCY,
        case=mission_id,
        note=f"unit {arrival.unit}",
        lasts_s=lasts_s,
        route=route,
        convoy_s=convoy_s,
    )


def stage_of_turn(site: Site, guidance: Guidance | None, from_road: str, to_road: str) -> str:
    """Return the first stage of a site that lets all lanes of a turn go; one where nobody has to yield goes first.

    Empty where the movements of the signal are not known, or no stage has all of its groups green.
    """
    signal = guidance.by_signal.get(site.signal_id) if guidance is not None else None
    moves = signal.movements if signal is not None else ()
    names = {move.group for move in moves if (move.from_road, move.to_road) == (from_road, to_road)}
    groups = [k for k, group in enumerate(site.groups) if group.name in names]
    fit = [stage for stage in site.stages if all(stage.rights[k].is_green for k in groups)] if groups else []
    return min(fit, key=lambda s: sum(s.rights[k] is not Right.PROTECTED for k in groups)).name if fit else ""
