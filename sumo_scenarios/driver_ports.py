"""What a driver of a run needs of others."""

from typing import Protocol

from signal_ctrl.domain.detection import Detection
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.junction import JunctionEngine


class Sensor(Protocol):
    """Turns what a signal's sensors report into a view."""

    def read(self, time_s: float) -> None:
        """Take in what the last step brought. [s]"""
        ...

    def view(self, time_s: float, engine: JunctionEngine) -> JunctionView:
        """Return the view of this moment. [s]"""
        ...

    def detection(self) -> Detection:
        """Return how much of the junction is still seen."""
        ...
