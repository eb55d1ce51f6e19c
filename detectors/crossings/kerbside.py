"""The people at the crossings of one signal, put beside what its sensors see of vehicles: the same in a run and at a
cabinet.
"""

from detectors.crossings.approaches import crossings_of
from detectors.crossings.people_view import with_people
from detectors.crossings.waiting import CrossingSense, CrossingWatch
from detectors.loops.events import LoopEvent
from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.view import JunctionView


class Kerbside:
    """Buttons or sensors of one signal. Times are those of whoever asks. [s]

    `first_loop`, index of the first crossing's loop in the layout with crossings; `links`, the lamp of each crossing.
    """

    def __init__(
        self, layout: JunctionLayout, site: Site, sense: CrossingSense, weight: float, per_push: float
    ) -> None:
        """Args: layout, with the crossings (`with_crossings`); weight, how much the waiting of a person on foot counts,
        that of one in a car as 1; per_push, how many people one push stands for.
        """
        groups = crossings_of(site)
        self.first_loop = len(layout.loops) - len(groups)
        self.links = tuple(site.groups[g].links[0] for g in groups)
        self._first_lane = len(layout.lanes) - len(groups)
        self._watch = CrossingWatch(self.links, self.first_loop, sense, per_push)
        self._weight = weight

    def hears(self, event: LoopEvent) -> bool:
        """Return whether an edge is one of a button or sensor."""
        return event.loop >= self.first_loop

    def take(self, event: LoopEvent) -> None:
        """Take in an edge of a button or sensor."""
        self._watch.take(event)

    def look(self, lamps: str, now_s: float) -> None:
        """Take in the lamps of this moment, one letter a link. [s]"""
        self._watch.look(lamps, now_s)

    def seen(self, view: JunctionView, now_s: float, counts: bool = True) -> JunctionView:
        """Return what the sensors of vehicles see, with the people who wait. [s]

        Args: counts, False: they are there, and their waiting costs nothing.
        """
        return with_people(view, self._watch.waiting(now_s), self._weight if counts else 0.0, now_s)

    def detection(self, inner: Detection, now_s: float) -> Detection:
        """Return what the health of loops and buttons says; what has failed is on recall. [s]"""
        unsure = frozenset(self._first_lane + k for k in self._watch.unsure(now_s))
        return Detection(inner.failed | self._watch.failed(now_s), inner.unsure | unsure, inner.lost)
