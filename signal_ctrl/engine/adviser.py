"""Adaptive control as an adviser: what the loops of one junction told goes in, a wish comes out. No clock, no I/O.

It knows the junction by its loops and lamps alone, so it can run anywhere: in a process beside a cabinet's agent, or in
a simulation. Whatever it answers is judged by who asked; nothing of it reaches a lamp but by the gate of the kernel.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Protocol

from detectors.buses.joining import ComingBus
from detectors.comers import Comers
from detectors.crossings.approaches import with_crossings
from detectors.crossings.kerbside import Kerbside
from detectors.crossings.waiting import CrossingSense
from detectors.foretold import with_foretold
from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from optimiser.bus_priority import PriorityController
from optimiser.controller import Decision, Situation
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import Foretold
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.bus_gate import compensated
from signal_ctrl.engine.calls import calls_of, recall_of, recall_of_lanes
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel

AGELESS_S: Final = 999.0
"""Nobody waits for so long within the horizon that they would count as two: so a cost is delay. [s]"""
WARM_S: Final = 120.0
"""An adviser that has looked for less than this knows too little of the queues. [s] [P]"""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One second of a junction: the edges of its loops and buttons since the second before, and its lamps. [s]

    `situation` is what there is to be decided, None where there is no choice; `weigh`, whether it is wanted what each
    choice means for delay alone. Times are the cabinet's monotonic ones. `coming`, who is foretold, from this second
    on; `owed_s`, what each group is owed whose green was shortened for a bus.
    """

    now_s: float
    events: tuple[LoopEvent, ...]
    lamps: str
    situation: Situation | None = None
    weigh: bool = False
    coming: tuple[Foretold, ...] = ()
    owed_s: tuple[float, ...] = ()


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
    """Estimator and rollout of one junction, with the people at its crossings and the buses that are foretold to it.

    The same code as in a run in one process, in the same order: what loops see, guided drivers, who waits at the kerbs,
    what is owed; then the rollout, with buses and without. Who is foretold counts in the wish and nowhere else.
    """

    def __init__(
        self, site: Site, layout: JunctionLayout, settings: RolloutSettings, crossings: CrossingSense | None = None
    ) -> None:
        """Args: layout, of the roads alone; crossings, what is at the kerbs, None: nothing, so crossings are on recall.

        Raises: InvalidInputError if the layout is of another signal, or leads to groups that the site lacks.
        """
        check_layout(site, layout)
        self._layout = layout if crossings is None else with_crossings(layout, site)
        self._kerbs = None if crossings is None else kerbside(self._layout, site, crossings, settings)
        self._estimator = LoopEstimator(layout)
        self._estimator.join({layout.signal_id: self._estimator})
        self._comers = Comers(layout)
        self._coming: tuple[Foretold, ...] = ()
        tables = stage_tables(Kernel(site))
        plain, weighing = (RolloutController(self._layout, tables, settings) for _ in range(2))
        self._controller = PriorityController(plain, weighing, self._buses, self._layout, tables)
        ageless = replace(settings, ageing_s=AGELESS_S, crowding=1.0)
        self._weigher = RolloutController(self._layout, tables, ageless)
        self._recall = recall_of(self._layout, site)
        self._begin_s: float | None = None

    def _buses(self, _: float) -> list[ComingBus]:
        return self._comers.buses(self._coming)

    def look(self, glimpse: Glimpse) -> Advised:
        """Take in one second; decide where there is a choice."""
        now_s = glimpse.now_s
        begin_s = self._begin_s = now_s if self._begin_s is None else self._begin_s
        roads, detection = self._seen(glimpse)
        seen, asked = self._with_people(roads, now_s), glimpse.situation
        ahead = with_foretold(roads, self._comers.guided(glimpse.coming))
        weighed = None
        if asked is not None and glimpse.weigh:
            weighed = self._weigher.decide(self._with_people(ahead, now_s, counts=False), asked)
        owing = compensated(self._with_people(ahead, now_s), self._layout, glimpse.owed_s)
        return Advised(
            now_s=now_s,
            stage=-1 if asked is None else asked.stage,
            decision=None if asked is None else self._controller.decide(owing, asked),
            calls=calls_of(self._layout, seen) | self._recall | recall_of_lanes(self._layout, detection.unsure),
            looked_s=now_s - begin_s,
            lost=detection.lost,
            failed=detection.failed,
            delays=() if weighed is None else weighed.candidates,
        )

    def _seen(self, glimpse: Glimpse) -> tuple[JunctionView, Detection]:
        """Take in one second; return what is to be seen of the roads, and how much of all is still seen."""
        now_s, kerbs, self._coming = glimpse.now_s, self._kerbs, glimpse.coming
        for event in glimpse.events:
            if kerbs is not None and kerbs.hears(event):
                kerbs.take(event)
            else:
                self._estimator.take(event, now_s)
        view = self._estimator.view(now_s, glimpse.lamps)
        detection = self._estimator.detection
        if kerbs is None:
            return view, detection
        kerbs.look(glimpse.lamps, now_s)
        return view, kerbs.detection(detection, now_s)

    def _with_people(self, roads: JunctionView, now_s: float, counts: bool = True) -> JunctionView:
        return roads if self._kerbs is None else self._kerbs.seen(roads, now_s, counts)


def kerbside(layout: JunctionLayout, site: Site, sense: CrossingSense, settings: RolloutSettings) -> Kerbside:
    """Return the people at the crossings of a junction, weighed as settings say. Args: layout, with the crossings."""
    return Kerbside(layout, site, sense, settings.walker_weight, settings.persons_per_push)


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
