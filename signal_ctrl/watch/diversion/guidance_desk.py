"""The guidance in force: signs and movements, imported by an engineer, kept whole, the newest one counts."""

import hashlib
from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.errors import ConflictError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.diversion.guidance import Guidance, guidance_from_json, guidance_to_json
from signal_ctrl.watch.diversion.values import GUIDANCE, GuidanceDocument

KEPT: Final = 3
_REFRESH_MS: Final = 60_000


class GuidanceDesk:
    """Keeps the guidance."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sha256 = ""
        self._loaded_ms = 0
        self.guidance = Guidance()

    def load(self) -> None:
        """Take the newest from the shelf."""
        self._loaded_ms = self._desk.clock.mono_ms()
        found = next(iter(self._desk.store.read(lambda r: r.shelf(GUIDANCE).find(limit=1))), None)
        if found is not None and found.sha256 != self._sha256:
            self._sha256, self.guidance = found.sha256, guidance_from_json(found.document)

    def in_force(self) -> Guidance | None:
        """Return the guidance, None before the first import."""
        return self.guidance if self._sha256 else None

    def tick(self) -> None:
        """Look once a minute: another machine of the centre may have taken one in."""
        if self._desk.clock.mono_ms() - self._loaded_ms >= _REFRESH_MS:
            self.load()

    def import_(self, actor: Actor, text: str, network: RoadNetwork | None) -> GuidanceDocument:
        """Take in guidance; it is in force at once.

        Raises: ForbiddenError; InvalidInputError that names what cannot be used; ConflictError before there are roads.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.IMPORT_NETWORK, now_ms)
        if network is None:
            raise ConflictError("import the roads first; signs stand on roads")
        guidance = guidance_from_json(text)
        guidance.check(network)
        kept = guidance_to_json(guidance)
        new = GuidanceDocument(hashlib.sha256(kept.encode()).hexdigest(), kept, now_ms, actor.login)

        def work(t: Transaction) -> GuidanceDocument:
            t.shelf(GUIDANCE).put(new)
            t.shelf(GUIDANCE).trim(KEPT, {})
            told = f"{len(guidance.signs)} signs, {len(guidance.signals)} signals"
            t.record(actor.login, "import guidance", f"guidance {new.sha256}", told, now_ms)
            return new

        self._desk.act(actor.login, "import guidance", f"guidance {new.sha256}", work)
        self._sha256, self.guidance = new.sha256, guidance
        return new
