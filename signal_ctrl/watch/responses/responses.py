"""Emergency plans: the library of responses and those that were ordered."""

from collections.abc import Callable

from signal_ctrl.centre.centre import Centre
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.watch.dispatch.dispatch import Dispatch
from signal_ctrl.watch.diversion.guidance import Guidance
from signal_ctrl.watch.responses.library import ResponseLibrary
from signal_ctrl.watch.responses.order_desk import ResponseDesk
from signal_ctrl.watch.responses.resolving import Surroundings


class Responses:
    """Library and desk of responses."""

    def __init__(self, centre: Centre, dispatch: Dispatch, guidance: Callable[[], Guidance | None]) -> None:
        self._dispatch = dispatch
        self._guidance = guidance
        self.library = ResponseLibrary(centre.desk, self._around)
        self.desk = ResponseDesk(centre, dispatch.missions, self._around)

    def load(self) -> None:
        """Take up what was live before the start."""
        self.desk.load()

    def _around(self) -> Surroundings:
        try:
            town = self._dispatch.town()
        except NotFoundError:
            town = None
        return Surroundings(self._guidance(), town)
