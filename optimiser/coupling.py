"""Signals a few car lengths apart, put together for the rollout: what one lets in, the other has to let out.

A street of one or two car lengths between two signals holds whoever was let into it. When the next signal shows red,
the last vehicle stands in the junction behind, in the way of others, and two such signals can block each other for
good. So the one that decides simulates both: its own choices, and what either would do by the base policy then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np

from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import CLOSE_M, JunctionLayout
from signal_ctrl.domain.view import FloatArray, IntArray, JunctionView

COUPLED_M: Final = CLOSE_M
"""Two signals with a shorter street between them are coupled."""
_WIDE: Final = ("eta_s", "movement", "presence", "key", "late_s", "weight", "share_from")
_SHIFTED: Final = "movement"
_USUAL: Final = {"weight": 1.0, "share_from": -1.0}
"""What holds of every vehicle of a signal that says nothing of its own."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The signal that another is coupled with: its surroundings and stages."""

    layout: JunctionLayout
    tables: StageTables


def coupled(layouts: Sequence[JunctionLayout], within_m: float = COUPLED_M) -> dict[str, str]:
    """Return for each signal that is coupled the one that it is coupled with: the nearest."""
    nearest: dict[str, tuple[float, str]] = {}
    known = {layout.signal_id for layout in layouts}
    for layout in layouts:
        for way in layout.exits:
            if way.next_signal in known and way.next_signal != layout.signal_id and way.way_m < within_m:
                for one, other in ((layout.signal_id, way.next_signal), (way.next_signal, layout.signal_id)):
                    nearest[one] = min(nearest.get(one, (np.inf, "")), (way.way_m, other))
    return {signal: other for signal, (_, other) in nearest.items()}


class Coupled:
    """Two signals as one: layout and stage tables. Stages a and b of the two are a times `n_stages[1]` + b."""

    def __init__(self, own: Neighbour, other: Neighbour) -> None:
        self.layout = _joined(own, other)
        self.tables = _product(own.tables, other.tables)
        self.n_stages = (own.tables.right.shape[0], other.tables.right.shape[0])
        self.n_lanes = (len(own.layout.lanes), len(other.layout.lanes))
        self._n_own_moves = len(own.layout.movements)

    def view(self, own: JunctionView, other: JunctionView) -> JunctionView:
        """Return both views as one, of the layout of both."""
        width = max(own.eta_s.shape[1], other.eta_s.shape[1])
        parts: dict[str, FloatArray | IntArray] = {}
        for name in JunctionView.__slots__:
            one, two = getattr(own, name), getattr(other, name)
            if name == _SHIFTED:
                two = np.where(two >= 0, two + self._n_own_moves, two)
            if name in _USUAL and (one.size or two.size):
                one, two = (_told(part, view, _USUAL[name]) for part, view in ((one, own), (two, other)))
            if not (one.size and two.size):  # what one of them cannot tell is not known of both
                one = two = np.zeros(0, dtype=one.dtype)
            elif name in _WIDE and one.shape[1] != two.shape[1]:
                one, two = (np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in (one, two))
            parts[name] = np.concatenate((one, two))
        return JunctionView(**parts)  # type: ignore[arg-type]


def _told(part: FloatArray, view: JunctionView, usual: float) -> FloatArray:
    return part if part.size else np.full_like(view.eta_s, usual)


def _joined(own: Neighbour, other: Neighbour) -> JunctionLayout:
    """Return one layout; who goes from one signal to the other stays within it. Loops and reach are left out."""
    ids = (own.layout.signal_id, other.layout.signal_id)
    name, first_lane = "+".join(ids), dict(zip(ids, (0, len(own.layout.lanes)), strict=True))
    n_moves, n_exits = len(own.layout.movements), len(own.layout.exits)
    shifts = ((own, (0, 0, 0, 0)), (other, (len(own.layout.lanes), n_moves, n_exits, own.tables.right.shape[1])))
    lanes, moves, exits = [], [], []
    for part, (lane0, move0, exit0, group0) in shifts:
        for lane in part.layout.lanes:
            lanes.append(replace(lane, movements=tuple(m + move0 for m in lane.movements), loops=()))
        for move in part.layout.movements:
            moves.append(
                replace(
                    move,
                    group=move.group + group0 if move.group >= 0 else move.group,
                    lane=move.lane + lane0,
                    exit=move.exit + exit0,
                    yields_to=tuple(m + move0 for m in move.yields_to),
                )
            )
        for way in part.layout.exits:
            within = way.next_signal in first_lane
            onto = way.next_lane + first_lane.get(way.next_signal, 0)
            exits.append(replace(way, next_signal=name, next_lane=onto) if within else way)
    return JunctionLayout(name, tuple(lanes), tuple(moves), tuple(exits), (), ())


def _product(own: StageTables, other: StageTables) -> StageTables:
    """Return the tables of all pairs of stages. A pair settles, and may be left, when both of its stages may."""
    pairs = list(product(range(own.right.shape[0]), range(other.right.shape[0])))
    a, b = (np.array(column) for column in zip(*pairs, strict=True))
    changes_a, changes_b = np.ix_(a, a), np.ix_(b, b)
    return StageTables(
        right=np.concatenate((own.right[a], other.right[b]), axis=1),
        end_s=np.concatenate((own.end_s[changes_a], other.end_s[changes_b]), axis=2),
        start_s=np.concatenate((own.start_s[changes_a], other.start_s[changes_b]), axis=2),
        settled_s=np.maximum(own.settled_s[changes_a], other.settled_s[changes_b]),
        min_green_s=np.maximum(own.min_green_s[a], other.min_green_s[b]),
    )
