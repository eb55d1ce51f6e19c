"""The document of signs and movements that is in force, read once."""

from signal_ctrl.centre.desk import Desk
from signal_ctrl.watch.diversion.guidance import Guidance, guidance_from_json
from signal_ctrl.watch.diversion.values import GUIDANCE


class GuidanceBook:
    """Gives the newest document; it is read anew only where another one came."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._held: tuple[str, Guidance] | None = None

    def in_force(self) -> Guidance | None:
        """Return the signs and movements in force, None before the first import."""
        found = self._desk.store.read(lambda r: r.shelf(GUIDANCE).find(limit=1))
        if not found:
            return None
        if self._held is None or self._held[0] != found[0].sha256:
            self._held = (found[0].sha256, guidance_from_json(found[0].document))
        return self._held[1]
