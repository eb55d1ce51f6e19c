"""Two signals a car length or two apart: which change of stage may close a ring that no lamp can open again.

On a street that holds two vehicles, one who turns at its end waits inside the junction, his tail on the street, until
those who go first have passed. The second behind him sticks out into the junction that he came from. If the same
happens on the way back, each waits for the other for good. Simulated, such a ring costs nothing until it is certain,
and a vehicle more or less, or a bus, makes it so: so two ways into it are not taken at all.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimiser.controller import Beside
from optimiser.coupling import Neighbour
from optimiser.rollout_model import PERMISSIVE, SPACING_M
from signal_ctrl.domain.network import CLOSE_M, TWO_STEP_M
from signal_ctrl.domain.view import BoolArray, JunctionView

TAIL_VEH: Final = 0.5
"""So much of a place on the street takes who waits inside behind its end."""


@dataclass(frozen=True, slots=True)
class Street:
    """A lane between two signals out of which turners wait inside, and how many vehicles find place on it.

    `fed` (n_stages,) of the signal behind it, whether a stage sends vehicles onto it; `opposed` (n_stages,) of the
    signal before which it lies, whether a stage lets turners go who have to let others pass.
    """

    lane: int
    place_veh: float
    turns: tuple[int, ...]
    fed: BoolArray
    opposed: BoolArray


class RingGuard:
    """The streets between a signal and the one that it is coupled with."""

    def __init__(self, own: Neighbour, other: Neighbour) -> None:
        self._away = _streets(own, other)
        self._towards = _streets(other, own)

    def closes(self, stage: int, to: int, view: JunctionView, beside: Beside) -> bool:
        """Return whether the change from a stage to another may close a ring.

        It does if it sends vehicles onto a street out of which somebody waits inside at the other signal; or if it lets
        others go before who turns out of a street that one more vehicle fills, while the other signal sends more.
        """
        return any(
            street.fed[to] and not street.fed[stage] and street.opposed[beside.stage] and _inside(beside.view, street)
            for street in self._away
        ) or any(
            street.opposed[to] and not street.opposed[stage] and street.fed[beside.stage] and _fills(view, street)
            for street in self._towards
        )


def _streets(behind: Neighbour, before: Neighbour) -> tuple[Street, ...]:
    """Return the lanes from one signal to the next, out of which turners wait inside there."""
    found = []
    moves, table = before.layout.movements, before.tables.right
    ways = behind.layout.exits
    short = {e.next_lane: e.way_m for e in ways if e.next_signal == before.layout.signal_id and e.way_m < CLOSE_M}
    for lane, way_m in sorted(short.items()):
        turns = tuple(
            m for m in before.layout.lanes[lane].movements if moves[m].length_m > TWO_STEP_M and before.layout.mutual(m)
        )
        onto = [
            m
            for m in behind.layout.movements
            if ways[m.exit].next_signal == before.layout.signal_id and ways[m.exit].next_lane == lane
        ]
        if not turns or any(m.group < 0 for m in onto):
            continue
        opposed = np.zeros(table.shape[0], dtype=np.bool_)
        for turn in turns:
            groups = [moves[o].group for o in moves[turn].yields_to]
            opposed |= (table[:, moves[turn].group] == PERMISSIVE) & (table[:, groups] >= PERMISSIVE).any(axis=1)
        fed = (behind.tables.right[:, [m.group for m in onto]] >= PERMISSIVE).any(axis=1)
        found.append(Street(lane, way_m / SPACING_M, turns, np.asarray(fed), opposed))
    return tuple(found)


def _inside(view: JunctionView, street: Street) -> bool:
    return bool(view.inside.size and view.inside[list(street.turns)].any())


def _fills(view: JunctionView, street: Street) -> bool:
    on_it = view.presence[street.lane, : view.n_vehicles[street.lane]].sum()
    return bool(on_it + TAIL_VEH * _inside(view, street) + 1.0 > street.place_veh)
