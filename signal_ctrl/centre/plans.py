"""The library of plans: what came through the gate of SAFETY K9, numbered by name, compared, never changed in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.cabinets import Cabinet, every_cabinet, kernel_of, site_of
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.plan_values import PLANS, SCHEDULES, LibraryItem, library_key
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError, NotFoundError, RefusedError
from signal_ctrl.domain.plan import DraftPlan, Plan, drafts_from_json, plan_from_json, plan_hash, plan_to_json
from signal_ctrl.domain.schedule import Schedule
from signal_ctrl.domain.schedule_json import schedule_from_json, schedule_hash, schedule_to_json
from signal_ctrl.engine.plan_review import Reason, plan_reasons

MOST_TOLD: Final = 40


@dataclass(frozen=True, slots=True)
class SignalDifference:
    """What differs for one signal between two plans, as (what, before, after) in words; empty before or after: none."""

    signal_id: str
    what: tuple[tuple[str, str, str], ...]


class PlanDesk:
    """The plans and schedules that there are."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def reasons(self, document: str) -> tuple[Reason, ...]:
        """Return every reason why the sites of the cabinets cannot keep a plan (K9), none if they can.

        Raises: InvalidInputError if it is no plan document.
        """
        name, drafts = drafts_from_json(document)
        cabinets = by_signal(self._desk.store.read(every_cabinet))
        return _reasons(name, drafts, cabinets)

    def upload(self, actor: Actor, document: str, note: str = "") -> LibraryItem:
        """Take a plan into the library, as the next of its name; the same document again is the one that is there.

        Raises: ForbiddenError; InvalidInputError if it is no plan document; RefusedError with every reason of K9.
        """
        require(actor, Right.MANAGE_PLANS, self._desk.now_ms())
        return self.take_in(actor, document, note)

    def take_in(self, actor: Actor, document: str, note: str) -> LibraryItem:
        """Take in a plan that is part of another act, which has asked for its own right.

        Raises: InvalidInputError if it is no plan document; RefusedError with every reason of K9.
        """
        reasons = self.reasons(document)
        if reasons:
            text = "; ".join(f"{r.signal_id} {r.rule}: {r.text}" for r in reasons[:MOST_TOLD])
            more = f" (and {len(reasons) - MOST_TOLD} more)" if len(reasons) > MOST_TOLD else ""
            self._desk.note_refusal(actor.login, "upload plan", "plan", text[:1000] + more)
            raise RefusedError("K9/plan", text + more)
        plan = plan_from_json(document)
        item = LibraryItem(plan.name, 1, plan_hash(plan), plan_to_json(plan), actor.login, self._desk.now_ms(), note)
        return self._take_in(actor, PLANS, "plan", item)

    def upload_schedule(self, actor: Actor, document: str, note: str = "") -> LibraryItem:
        """Take a schedule into the library. Its plans have to be there, each by name and hash.

        Raises: ForbiddenError; InvalidInputError if it is no schedule, or names a plan that is not in the library.
        """
        require(actor, Right.MANAGE_PLANS, self._desk.now_ms())
        schedule = schedule_from_json(document)
        self._desk.store.read(lambda r: check_schedule(r, schedule))
        sha256, text = schedule_hash(schedule), schedule_to_json(schedule)
        item = LibraryItem(schedule.name, 1, sha256, text, actor.login, self._desk.now_ms(), note)
        return self._take_in(actor, SCHEDULES, "schedule", item)

    def _take_in(self, actor: Actor, spec: ShelfSpec[LibraryItem], what: str, item: LibraryItem) -> LibraryItem:
        def work(t: Transaction) -> LibraryItem:
            known = t.shelf(spec).find({"name": item.name}, limit=100_000)
            same = next((one for one in known if one.sha256 == item.sha256), None)
            if same is not None:
                return same
            numbered = replace(item, number=1 + max((one.number for one in known), default=0))
            t.shelf(spec).put(numbered)
            t.record(actor.login, f"upload {what}", f"{what} {numbered.key}", item.sha256, item.uploaded_utc_ms)
            return numbered

        return self._desk.act(actor.login, f"upload {what}", f"{what} {item.name}", work)


def _reasons(name: str, drafts: Sequence[DraftPlan], cabinets: Mapping[str, Cabinet]) -> tuple[Reason, ...]:
    own = {draft.signal_id: cabinets[draft.signal_id] for draft in drafts if draft.signal_id in cabinets}
    sites = [site_of(cabinet.site) for cabinet in own.values()]
    return plan_reasons(name, drafts, sites, {signal: kernel_of(cabinet.site) for signal, cabinet in own.items()})


def by_signal(cabinets: Sequence[Cabinet]) -> dict[str, Cabinet]:
    """Return cabinets by the signals of their sites."""
    return {site_of(cabinet.site).signal_id: cabinet for cabinet in cabinets}


def items(reading: Reading, spec: ShelfSpec[LibraryItem], name: str = "", limit: int = 1000) -> tuple[LibraryItem, ...]:
    """Return the documents of a library, the youngest first; only those of a name if given."""
    return reading.shelf(spec).find({"name": name} if name else None, limit=limit)


def item_of(reading: Reading, spec: ShelfSpec[LibraryItem], name: str, number: int = 0) -> LibraryItem:
    """Return a document by name and number; 0 is the last one. Raises: NotFoundError."""
    what = "schedule" if spec is SCHEDULES else "plan"
    if number:
        found = reading.shelf(spec).get(library_key(name, number))
    else:
        found = max(items(reading, spec, name, 100_000), key=lambda one: one.number, default=None) if name else None
    if found is None:
        raise NotFoundError(f"there is no {what} {name}" + (f" number {number}" if number else ""))
    return found


def check_schedule(reading: Reading, schedule: Schedule) -> None:
    """Check that the plans of a schedule are in the library. Raises: InvalidInputError."""
    for ref in schedule.plans:
        if not any(item.sha256 == ref.sha256 for item in items(reading, PLANS, ref.name, 100_000)):
            raise InvalidInputError(
                f"schedule {schedule.name}: plan {ref.name} with the hash {ref.sha256[:12]}… is not in the library; "
                "upload it first"
            )


def plan_by_hash(reading: Reading, name: str, sha256: str) -> LibraryItem:
    """Return a plan by name and hash. Raises: NotFoundError."""
    found = next((item for item in items(reading, PLANS, name, 100_000) if item.sha256 == sha256), None)
    if found is None:
        raise NotFoundError(f"there is no plan {name} with the hash {sha256[:12]}…")
    return found


def difference(before: Plan, after: Plan) -> tuple[SignalDifference, ...]:
    """Return what differs between two plans, signal by signal; nothing where they are alike."""
    names = dict.fromkeys([s.signal_id for s in (*before.signals, *after.signals)])
    found = (SignalDifference(name, tuple(_differs(before, after, name))) for name in names)
    return tuple(one for one in found if one.what)


def _differs(before: Plan, after: Plan, name: str) -> list[tuple[str, str, str]]:
    one, other = before.of(name), after.of(name)
    if one is None or other is None:
        return [("signal", "there" if one else "", "there" if other else "")]
    rows = [(key, _words(getattr(one, key)), _words(getattr(other, key))) for key in one.__dataclass_fields__]
    return [row for row in rows if row[1] != row[2]]


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
