"""Adaptive control as an adviser: what the loops of one junction told goes in, a wish comes out. No clock, no I/O.

It knows the junction by its loops and lamps alone, so it can run anywhere: in a process beside a cabinet's agent, or in
a simulation. Whatever it answers is judged by who asked; nothing of it reaches a lamp but by the gate of the kernel.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Protocol

from detectors.foretold import with_foretold
from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from detectors.view_builder import Expected
from optimiser.controller import Decision, Situation
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Site
from signal_ctrl.engine.calls import calls_of, recall_of, recall_of_lanes
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel

AGELESS_S: Final = 999.0
"""Nobody waits for so long within the horizon that they would count as two: so a cost is delay. [s]"""
WARM_S: Final = 120.0
"""An adviser that has looked for less than this knows too little of the queues. [s] [P]"""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One second of a junction: the edges of its loops since the second before, and its lamps. [s]

    `situation` is what there is to be decided, None where there is no choice; `weigh`, whether it is wanted what each
    choice means for delay alone; `foretold`, (lane, vehicle) for those who will come and no loop has seen: they count
    in the wish and nowhere else. Times are the cabinet's monotonic ones.
    """

    now_s: float
    events: tuple[LoopEvent, ...]
    lamps: str
    situation: Situation | None = None
    weigh: bool = False
    foretold: tuple[tuple[int, Expected], ...] = ()


@dataclass(frozen=True, slots=True)
class Advised:
    """What an adviser says to a glimpse. [s]

    `stage` is the one that was lit when it was asked; `calls`, the groups that somebody waits for, as a bit mask;
    `looked_s`, for how long it has looked; `lost`, the share of the detection that is gone; `failed`, the loops that it
    does not listen to any more; `delays`, the candidates with the delay that the model foretells of each, where that
    was wanted: the costs of the decision itself count some vehicles more than others.
    """

    now_s: float
    stage: int
    decision: Decision | None
    calls: int
    looked_s: float
    lost: float = 0.0
    failed: frozenset[int] = frozenset()
    delays: tuple[tuple[int, float, float], ...] = ()


class Looking(Protocol):
    """Whoever answers glimpses."""

    def look(self, glimpse: Glimpse) -> Advised:
        """Return what is to be said to one second."""
        ...


class JunctionAdviser:
    """Estimator and rollout of one junction."""

    def __init__(self, site: Site, layout: JunctionLayout, settings: RolloutSettings) -> None:
        """Raises: InvalidInputError if the layout is of another signal, or leads to groups that the site lacks."""
        check_layout(site, layout)
        self._site = site
        self._layout = layout
        self._estimator = LoopEstimator(layout)
        self._estimator.join({layout.signal_id: self._estimator})
        tables = stage_tables(Kernel(site))
        self._controller = RolloutController(layout, tables, settings)
        self._weigher = RolloutController(layout, tables, replace(settings, ageing_s=AGELESS_S, crowding=1.0))
        self._recall = recall_of(layout, site)
        self._begin_s: float | None = None

    def look(self, glimpse: Glimpse) -> Advised:
        """Take in one second; decide where there is a choice."""
        begin_s = self._begin_s = glimpse.now_s if self._begin_s is None else self._begin_s
        for event in glimpse.events:
            self._estimator.take(event, glimpse.now_s)
        view = self._estimator.view(glimpse.now_s, glimpse.lamps)
        detection, asked = self._estimator.detection, glimpse.situation
        ahead = with_foretold(view, glimpse.foretold)
        weighed = self._weigher.decide(ahead, asked) if asked is not None and glimpse.weigh else None
        return Advised(
            now_s=glimpse.now_s,
            stage=-1 if asked is None else asked.stage,
            decision=None if asked is None else self._controller.decide(ahead, asked),
            calls=calls_of(self._layout, view) | self._recall | recall_of_lanes(self._layout, detection.unsure),
            looked_s=glimpse.now_s - begin_s,
            lost=detection.lost,
            failed=detection.failed,
            delays=() if weighed is None else weighed.candidates,
        )


def is_answer(said: object) -> bool:
    """Return whether something is an answer whose numbers are of the kinds that they should be."""
    if type(said) is not Advised or type(said.failed) is not frozenset:
        return False
    wholes, reals = (said.stage, said.calls, *said.failed), (said.now_s, said.looked_s, said.lost)
    return all(type(w) is int for w in wholes) and all(type(r) in (int, float) and math.isfinite(r) for r in reals)


def check_layout(site: Site, layout: JunctionLayout) -> None:
    """Check that a layout is of a site. Raises: InvalidInputError."""
    if layout.signal_id != site.signal_id:
        raise InvalidInputError(f"the layout is of signal {layout.signal_id}, the site of {site.signal_id}")
    groups = range(-1, len(site.groups))
    wrong = next((m for m in layout.movements if m.group not in groups), None)
    if wrong is not None:
        raise InvalidInputError(
            f"the layout of signal {site.signal_id} leads to group {wrong.group}, which is not there"
        )
