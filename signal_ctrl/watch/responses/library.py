"""The library of responses: what came through the check against the centre, numbered by name, never changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.plan_values import LibraryItem, library_key
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.domain.errors import NotFoundError, RefusedError
from signal_ctrl.watch.responses.order_values import RESPONSES
from signal_ctrl.watch.responses.plan_values import Response
from signal_ctrl.watch.responses.resolving import PartReason, Surroundings, resolved
from signal_ctrl.watch.responses.response_file import response_from_text, response_hash, response_to_json

MOST_TOLD: Final = 40
_CHECKED: Final = (1, "0" * 64, "check")


class ResponseLibrary:
    """The responses that there are."""

    def __init__(self, desk: Desk, around: Callable[[], Surroundings]) -> None:
        """Args: around, the signs and roads that there are now."""
        self._desk = desk
        self._around = around

    def reasons(self, response: Response) -> tuple[PartReason, ...]:
        """Return every reason why a response could not be ordered now, none if it could."""
        now_ms, around = self._desk.now_ms(), self._around()
        return self._desk.store.read(lambda r: resolved(r, response, _CHECKED, now_ms, now_ms, around)[1])

    def import_(self, actor: Actor, text: str, note: str = "") -> LibraryItem:
        """Take a response into the library, as the next of its name; the same one again is the one that is there.

        Raises: ForbiddenError; InvalidInputError if it is none; RefusedError `R/check` with every reason.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.MANAGE_PLANS, now_ms)
        response = response_from_text(text)
        reasons = self.reasons(response)
        if reasons:
            self._desk.note_refusal(actor.login, "import response", f"response {response.name}", told(reasons)[:1000])
            raise RefusedError("R/check", told(reasons))
        sha256, document = response_hash(response), response_to_json(response)
        item = LibraryItem(response.name, 1, sha256, document, actor.login, now_ms, note)

        def work(t: Transaction) -> LibraryItem:
            known = t.shelf(RESPONSES).find({"name": item.name}, limit=100_000)
            same = next((one for one in known if one.sha256 == sha256), None)
            if same is not None:
                return same
            numbered = replace(item, number=1 + max((one.number for one in known), default=0))
            t.shelf(RESPONSES).put(numbered)
            t.record(actor.login, "import response", f"response {numbered.key}", sha256, now_ms)
            return numbered

        return self._desk.act(actor.login, "import response", f"response {item.name}", work)


def told(reasons: Sequence[PartReason]) -> str:
    """Return reasons as one line for people."""
    more = f" (and {len(reasons) - MOST_TOLD} more)" if len(reasons) > MOST_TOLD else ""
    return "; ".join(f"{r.part or 'response'} {r.rule}: {r.text}" for r in reasons[:MOST_TOLD]) + more


def response_item(reading: Reading, name: str, number: int = 0) -> LibraryItem:
    """Return a response of the library; number 0 is the last one. Raises: NotFoundError."""
    if number:
        found = reading.shelf(RESPONSES).get(library_key(name, number))
    else:
        known = reading.shelf(RESPONSES).find({"name": name}, limit=100_000) if name else ()
        found = max(known, key=lambda one: one.number, default=None)
    if found is None:
        raise NotFoundError(f"there is no response {name}" + (f" number {number}" if number else ""))
    return found


def response_items(reading: Reading, limit: int = 1000) -> tuple[LibraryItem, ...]:
    """Return the last response of each name, by name."""
    last: dict[str, LibraryItem] = {}
    for item in reading.shelf(RESPONSES).find(limit=100_000):
        if item.name not in last or last[item.name].number < item.number:
            last[item.name] = item
    return tuple(last[name] for name in sorted(last))[:limit]
