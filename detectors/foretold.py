"""Vehicles that somebody else says will come, put behind those that a signal sees itself. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.view_builder import MAX_VEHICLES, Expected
from signal_ctrl.domain.view import JunctionView


def with_foretold(view: JunctionView, foretold: Sequence[tuple[int, Expected]]) -> JunctionView:
    """Return the view with vehicles that are foretold, (lane, vehicle), behind all that are seen on their lanes.

    None of them comes before the last one seen; those beyond the array's end are left out.
    """
    if not foretold:
        return view
    counts = view.n_vehicles.copy()
    eta_s, movement, presence, key = (_wide(array) for array in (view.eta_s, view.movement, view.presence, view.key))
    late_s = _wide(view.late_s) if view.late_s.size else view.late_s
    for lane, vehicle in sorted(foretold, key=lambda one: (one[0], one[1].eta_s, one[1].key)):
        at = int(counts[lane])
        if at >= MAX_VEHICLES:
            continue
        last_s = float(eta_s[lane, at - 1]) if at else 0.0
        eta_s[lane, at], movement[lane, at] = max(vehicle.eta_s, last_s), vehicle.movement
        presence[lane, at], key[lane, at] = vehicle.presence, vehicle.key
        if late_s.size:
            late_s[lane, at] = 0.0
        counts[lane] = at + 1
    return replace(view, n_vehicles=counts, eta_s=eta_s, movement=movement, presence=presence, key=key, late_s=late_s)


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy with room for as many vehicles as a view may hold."""
    more = max(MAX_VEHICLES - array.shape[1], 0)
    return np.pad(array, ((0, 0), (0, more)))
