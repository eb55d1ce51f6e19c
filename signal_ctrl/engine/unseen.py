"""A junction that nobody watches: what an engine is given where only the site is known."""

from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Movement
from signal_ctrl.domain.site import Site


def unseen_junction(site: Site) -> JunctionLayout:
    """Return a junction of which only the groups are known: one movement each, no loop, so all are on recall."""
    movements = tuple(Movement(g, g, 0, 0, 1.0, "s", ()) for g in range(len(site.groups)))
    lane = ApproachLane("lane", "edge", 1.0, 1.0, tuple(range(len(movements))), (), False)
    return JunctionLayout(site.signal_id, (lane,), movements, (Exit("exit", 1.0, 1.0, "", NONE, 1.0),), (), ())
