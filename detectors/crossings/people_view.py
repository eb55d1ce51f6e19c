"""People who wait at crossings, put into the view of a junction: one entry a crossing, weighed by its persons."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detectors.crossings.waiting import Waiting
from signal_ctrl.domain.view import UNKNOWN, JunctionView

PERSONS_CAR: Final = 1.3
"""Persons in a car: what one of weight 1 stands for."""
AT_ONCE_S: Final = 0.1
"""Those who wait at a kerb go together."""
SOON_S: Final = 10.0
"""Who is not there yet comes in so long."""
ROOM: Final = 1000.0


def with_people(view: JunctionView, waiting: Sequence[Waiting], weight: float, now_s: float) -> JunctionView:
    """Return a view of the layout with crossings, whose lanes come behind all others. [s]

    Args: weight, how much a person's waiting counts who is on foot, one in a car as 1.
    """
    n = len(waiting)
    moves = view.ratio.shape[0]
    here = np.array([one.persons + one.coming > 0 for one in waiting], dtype=np.int64)
    etas_s = np.array([0.0 if one.is_called else SOON_S for one in waiting])
    weights = np.array([(one.persons + one.coming) * weight / PERSONS_CAR for one in waiting])
    waits_s = np.array([now_s - one.since_s if one.is_called else 0.0 for one in waiting])
    own = view.weight if view.weight.size else np.ones_like(view.eta_s)
    return replace(
        view,
        n_vehicles=np.concatenate((view.n_vehicles, here)),
        eta_s=_first(_rows(view.eta_s, n, 0.0), etas_s),
        movement=_first(_rows(view.movement, n, UNKNOWN), np.arange(moves, moves + n)),
        presence=_rows(view.presence, n, 1.0),
        key=_first(_rows(view.key, n, 0), np.arange(1, n + 1)),
        barred=_padded(view.barred, n, 0),
        ratio=_padded(view.ratio, n, 1.0),
        room_veh=_padded(view.room_veh, n, ROOM),
        standing=np.concatenate((view.standing, [float(one.is_called) for one in waiting])),
        beyond_veh=_padded(view.beyond_veh, n, 0.0),
        headway_s=_padded(view.headway_s, n, AT_ONCE_S),
        stuck=_padded(view.stuck, n, False),
        inside=_padded(view.inside, n, False) if view.inside.size else view.inside,
        late_s=_first(_rows(view.late_s, n, 0.0), waits_s) if view.late_s.size else view.late_s,
        crowded=_padded(view.crowded, n, 0.0) if view.crowded.size else view.crowded,
        permissive_s=_padded(view.permissive_s, n, AT_ONCE_S) if view.permissive_s.size else view.permissive_s,
        weight=_first(_rows(own, n, 1.0), weights),
        share_from=_rows(view.share_from, n, -1.0) if view.share_from.size else view.share_from,
    )


def _padded(values: NDArray[Any], n: int, value: float | bool) -> NDArray[Any]:
    return np.pad(values, (0, n), constant_values=value)


def _rows(values: NDArray[Any], n: int, value: float) -> NDArray[Any]:
    return np.pad(values, ((0, n), (0, 0)), constant_values=value)


def _first(values: NDArray[Any], last: NDArray[Any]) -> NDArray[Any]:
    """Return an array whose last rows begin with these values."""
    values[len(values) - len(last) :, 0] = last
    return values
