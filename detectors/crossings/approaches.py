"""A crossing as an approach of the junction: people at its kerbs are a lane, their push-buttons or sensors its loop.

So people are called for, weighed and put on recall by the same paths as vehicles are.
"""

from dataclasses import replace

from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Loop, LoopRole, Movement
from signal_ctrl.domain.site import GroupKind, Site

WALKING_MPS = 1.0
ON_FOOT = "walk"
"""Direction of the movement of people over a crossing."""


def crossings_of(site: Site) -> tuple[int, ...]:
    """Return the groups of the crossings that some stage serves."""
    return tuple(
        g
        for g, group in enumerate(site.groups)
        if group.kind is GroupKind.CROSSING and any(stage.rights[g].is_green for stage in site.stages)
    )


def with_crossings(layout: JunctionLayout, site: Site) -> JunctionLayout:
    """Return a layout with a lane, a loop, a movement and an exit more for each crossing, behind all others."""
    lanes, moves, exits, loops = list(layout.lanes), list(layout.movements), list(layout.exits), list(layout.loops)
    first = max((loop.channel for loop in layout.loops), default=0) + 1
    for k, g in enumerate(crossings_of(site)):
        name, length_m = f"crossing {site.groups[g].name}", site.groups[g].clearance_ds / 10 * WALKING_MPS
        loops.append(
            Loop(
                f"{layout.signal_id}/{first + k}",
                name,
                position_m=0.0,
                length_m=1.0,
                role=LoopRole.STOP,
                serves=(len(lanes),),
                to_stop_m=0.0,
                channel=first + k,
            )
        )
        moves.append(Movement(site.groups[g].links[0], g, len(lanes), len(exits), length_m, ON_FOOT, ()))
        lanes.append(
            ApproachLane(name, name, 1.0, WALKING_MPS, (len(moves) - 1,), loops=(len(loops) - 1,), inner=False)
        )
        exits.append(Exit(f"kerb {site.groups[g].name}", 1.0, WALKING_MPS, "", NONE, 1.0))
    onward = layout.onward and (*layout.onward, *[()] * (len(loops) - len(layout.loops)))
    return replace(
        layout,
        lanes=tuple(lanes),
        movements=tuple(moves),
        exits=tuple(exits),
        loops=tuple(loops),
        onward=onward,
    )
