"""Overrides: prepared, issued, approved, brought into force, released, over (SAFETY part C).

Every act is written with its audit record in one transaction, or does not happen; the end of an override alone happens
whether it can be written or not.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from signal_ctrl.centre.cabinets import CABINETS
from signal_ctrl.centre.desk import CENTRE, DONE, Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.late_writes import LateWrites
from signal_ctrl.centre.nonces import Nonces
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.orders import OrderDesk
from signal_ctrl.centre.override_checks import (
    Awaited,
    Checked,
    Issue,
    check_approval,
    check_reach,
    check_release,
    check_second_factor,
    check_still,
    ended_ms_of,
    is_due,
    issued,
    override_of,
    words,
)
from signal_ctrl.centre.override_document import (
    LATE_MS,
    OverrideWish,
    check_against_sites,
    document_hash,
    document_json,
    document_of,
    resolve,
)
from signal_ctrl.centre.override_rules import check_total, second_person, together_of
from signal_ctrl.centre.override_values import (
    APPROVAL_MS,
    NONCE_MS,
    OVERRIDES,
    Override,
    OverrideDocument,
    OverrideState,
)
from signal_ctrl.centre.ports import Importance, Reading, Transaction
from signal_ctrl.centre.prices import Price
from signal_ctrl.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    RefusedError,
)

HISTORY_MS: Final = 7 * 24 * 3_600_000
"""Overrides that follow one another within an hour and are allowed together reach back less than this. [ms]"""
_HELD: Final = tuple(state.value for state in OverrideState if state.held)
_LIVE: Final = tuple(state.value for state in OverrideState if state.live)
Estimator = Callable[[Reading, OverrideDocument], Price]
Ends = tuple[tuple[Override, ...], list[Delivery]]
"""The overrides that an act has ended, and the orders that it made."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is shown before somebody confirms an override: the document, its hash, the nonce, and what it costs. [ms]

    `second` says why a second person has to approve, nothing if one is enough.
    """

    nonce: str
    valid_for_ms: int
    document: dict[str, Any]
    sha256: str
    cabinets: tuple[str, ...]
    second: tuple[str, ...]
    total_ms: int
    estimate: Price


@dataclass(slots=True)
class _Outcome:
    """What came of an end: the override as it is kept then, and the orders that were made."""

    override: Override
    made: list[Delivery] = field(default_factory=list)


class OverrideDesk:
    """The overrides of all cabinets."""

    def __init__(self, desk: Desk, orders: OrderDesk, estimate: Estimator) -> None:
        self._desk = desk
        self._orders = orders
        self._estimate = estimate
        self._nonces = Nonces(desk.random)
        self._live: dict[str, Override] = {}
        self._until_mono_ms: dict[str, int] = {}
        self._before: set[str] = set()
        self._late = LateWrites(desk.store)
        self._owed: list[_Outcome] = []

    def load(self) -> None:
        """Take up what was live before the start of the centre."""
        for override in self._desk.store.read(lambda r: r.shelf(OVERRIDES).find({"state": _LIVE})):
            self._keep(override)
            self._before.add(override.override_id)

    def prepare(self, actor: Actor, wish: OverrideWish) -> Preparation:
        """Return the document of a wish, with a nonce to confirm it. Nothing is written.

        Raises: ForbiddenError; RefusedError `C/...`; NotFoundError; InvalidInputError.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.ISSUE_OVERRIDE, now_ms)

        def work(reading: Reading) -> tuple[OverrideDocument, Checked, Price]:
            document = resolve(reading, wish, now_ms)
            return document, self._check(reading, actor, document, now_ms), self._estimate(reading, document)

        document, checked, price = self._desk.store.read(work)
        sha256 = document_hash(document)
        nonce = self._nonces.give(actor.login, actor.session, sha256, price, self._desk.clock.mono_ms())
        cabinets = tuple(leg.cabinet for leg in document.legs)
        return Preparation(
            nonce, NONCE_MS, document_json(document), sha256, cabinets, checked.second, checked.total_ms, price
        )

    def issue(self, actor: Actor, document: dict[str, Any], nonce: str) -> Override:
        """Issue a prepared override. It comes into force at once, at its start, or when somebody else has approved it.

        Raises: ForbiddenError; RefusedError `C/nonce`, `C/hash`, `C/second-factor`, `C/total`, `C/over`, `C/too-many`;
            InvalidInputError.
        """
        override_id = self._desk.new_id("ov")

        def work(t: Transaction) -> tuple[Override, list[Delivery]]:
            now_ms = self._desk.now_ms()
            require(actor, Right.ISSUE_OVERRIDE, now_ms)
            asked = document_of(document)
            sha256 = document_hash(asked)
            bound = self._nonces.take(nonce, actor.login, actor.session, sha256, self._desk.clock.mono_ms())
            checked = self._check(t, actor, asked, now_ms)
            check_second_factor(actor, bool(checked.second), now_ms)
            override = issued(override_id, asked, checked, actor, bound, nonce, now_ms)
            t.record(actor.login, "issue override", f"override {override_id}", words(override), now_ms)
            return self._on_the_way(t, override, actor.login, now_ms)

        override, made = self._desk.act(actor.login, "issue override", f"override {override_id}", work)
        return self._done(override, made)

    def approve(self, actor: Actor, override_id: str, sha256: str) -> Override:
        """Approve what somebody else has issued, within 5 min, by the hash of its document.

        Raises: ForbiddenError; NotFoundError; RefusedError `C/self`, `C/hash`, `C/late`, `C/second-factor`, ...;
            ConflictError if it waits for nobody.
        """

        def work(t: Transaction) -> tuple[Override, list[Delivery]]:
            now_ms = self._desk.now_ms()
            require(actor, Right.APPROVE_OVERRIDE, now_ms)
            override = override_of(t, override_id)
            self._check_approval(actor, override, sha256, now_ms)
            approved = replace(override, approver=actor.login, approved_utc_ms=now_ms, state=OverrideState.SCHEDULED)
            t.record(actor.login, "approve override", f"override {override_id}", f"document {sha256}", now_ms)
            return self._on_the_way(t, approved, actor.login, now_ms)

        override, made = self._desk.act(actor.login, "approve override", f"override {override_id}", work)
        return self._done(override, made)

    def release(self, actor: Actor, override_id: str) -> Override:
        """End an override, or withdraw it before it is in force: its issuer may, and any supervisor.

        It ends even where nothing can be written; then it is written later, marked late.
        Raises: ForbiddenError; NotFoundError; ConflictError if it is over.
        """
        now_ms = self._desk.now_ms()
        override = self._live.get(override_id) or self._desk.store.read(lambda r: override_of(r, override_id))
        check_release(actor, override, now_ms)
        active = override.state is OverrideState.ACTIVE
        state = OverrideState.RELEASED if active else OverrideState.WITHDRAWN
        return self._end(override, state, actor.login, now_ms)

    def tick(self) -> None:
        """Do what time has brought: ends that are unwritten, starts, expiries, approvals that never came."""
        self._write_late()
        now_ms, mono_ms = self._desk.now_ms(), self._desk.clock.mono_ms()
        for override in tuple(self._live.values()):
            over = mono_ms >= self._until_mono_ms.get(override.override_id, mono_ms)
            if override.state is OverrideState.WAITING:
                if over or now_ms >= override.issued_utc_ms + APPROVAL_MS:
                    self._end(override, OverrideState.LAPSED, CENTRE, now_ms)
            elif over or now_ms >= override.document.end_utc_ms:
                scheduled = override.state is OverrideState.SCHEDULED
                self._end(override, OverrideState.LAPSED if scheduled else OverrideState.EXPIRED, CENTRE, now_ms)
            elif override.state is OverrideState.SCHEDULED and is_due(override, now_ms):
                self._start(override)

    def end_lost(self, cabinets: frozenset[str]) -> None:
        """End what was in force before the start at cabinets that have newer orders than were written: a release."""
        for override in tuple(self._live.values()):
            known = override.override_id in self._before and override.state is OverrideState.ACTIVE
            if known and cabinets.intersection(override.cabinets):
                why = "a cabinet has newer orders than were written: it was released from it"
                self._end(replace(override, why=why), OverrideState.RELEASED, CENTRE, self._desk.now_ms())

    def live(self) -> tuple[Override, ...]:
        """Return the overrides that wait, are to come, or are in force; from memory."""
        return tuple(self._live.values())

    def issue_within(self, t: Transaction, override: Override) -> tuple[Override, list[Delivery]]:
        """Issue an override that two persons have agreed to, as part of another act; `take_up` follows the commit.

        Raises: RefusedError; NotFoundError; InvalidInputError; whoever agreed has still to have the right.
        """
        now_ms = self._desk.now_ms()
        if not override.approver:
            raise RefusedError("C/two-persons", "what is part of another act needs the second person of that act")
        self._check_again(t, override, now_ms)
        check_against_sites(t, override.document)
        t.record(override.issuer, "issue override", f"override {override.override_id}", words(override), now_ms)
        return self._on_the_way(t, override, override.issuer, now_ms)

    def end_within(self, t: Transaction, override_ids: Collection[str], who: str, late: bool = False) -> Ends:
        """End overrides as part of another act: those in force are released, those to come withdrawn.

        What is over already stays as it ended. `take_up` follows the commit.
        """
        now_ms, ended, made = self._desk.now_ms(), [], []
        for override in t.shelf(OVERRIDES).several(override_ids).values():
            if override.state.live:
                active = override.state is OverrideState.ACTIVE
                state = OverrideState.RELEASED if active else OverrideState.WITHDRAWN
                over = replace(override, state=state, ended_utc_ms=now_ms, ended_by=who)
                outcome = _Outcome(over)
                self._end_within(outcome, override.state, CENTRE, t, late)
                ended.append(outcome.override)
                made += outcome.made
        return tuple(ended), made

    def take_up(self, overrides: Iterable[Override], made: Sequence[Delivery]) -> None:
        """Take up what another act has made durable."""
        self._orders.serve(made)
        for override in overrides:
            self._done(override, [])

    def end_without_store(self, override_id: str, who: str) -> None:
        """End an override whether that can be written or not: for an act that could not be written as a whole."""
        override = self._live.get(override_id)
        if override is not None:
            active = override.state is OverrideState.ACTIVE
            self._end(override, OverrideState.RELEASED if active else OverrideState.WITHDRAWN, who, self._desk.now_ms())

    def take_price(self, override: Override) -> None:
        """Store the measured price of an override that is over."""
        now_ms = self._desk.now_ms()

        def work(t: Transaction) -> None:
            t.shelf(OVERRIDES).put(override)
            t.record(CENTRE, "price override", f"override {override.override_id}", DONE, now_ms)

        self._desk.store.write(work)

    def _check(self, reading: Reading, actor: Actor, document: OverrideDocument, now_ms: int) -> Checked:
        """Return what the rules say of a document now. Raises: as `issue`."""
        if document.end_utc_ms <= now_ms:
            raise RefusedError("C/over", "the override would be over before it begins; give it a later expiry")
        if document.start_utc_ms < now_ms - LATE_MS:
            raise RefusedError("C/late", "the override should have begun long ago; prepare it again")
        cabinets = check_against_sites(reading, document)
        districts = tuple(sorted({c.district for c in cabinets}))
        check_reach(actor, districts)
        return self._weigh(reading, document, districts, Issue(actor.login, now_ms))

    def _weigh(self, reading: Reading, document: OverrideDocument, districts: tuple[str, ...], issue: Issue) -> Checked:
        """Return who has to agree. Raises: RefusedError if it is too much whoever agrees."""
        since_ms = issue.at_utc_ms - HISTORY_MS
        found = reading.shelf(OVERRIDES).find({"state": _HELD}, since_utc_ms=since_ms, limit=100_000)
        before = [o for o in found if o.override_id != issue.override_id]
        together = together_of(document, districts, issue.issuer, before, issue.at_utc_ms)
        check_total(together.total_ms)
        return Checked(districts, together.total_ms, second_person(document, together))

    def _on_the_way(self, t: Transaction, override: Override, who: str, now_ms: int) -> tuple[Override, list[Delivery]]:
        """Bring an override into force if nothing stands against that, else keep it."""
        if override.state is OverrideState.WAITING or not is_due(override, now_ms):
            t.shelf(OVERRIDES).put(override)
            return override, []
        return self._activate(t, override, who, now_ms)

    def _activate(self, t: Transaction, override: Override, who: str, now_ms: int) -> tuple[Override, list[Delivery]]:
        """Bring an override into force: all rules are looked at once more. Raises: RefusedError, ForbiddenError."""
        self._check_again(t, override, now_ms)
        cabinets = check_against_sites(t, override.document)
        active = replace(override, state=OverrideState.ACTIVE, activated_utc_ms=now_ms)
        t.shelf(OVERRIDES).put(active)
        why = f"override {override.override_id}"
        made = self._orders.make_all(t, cabinets, why, now_ms)
        t.record(who, "activate override", why, f"document {override.sha256}", now_ms)
        return active, made

    def _check_again(self, t: Transaction, override: Override, now_ms: int) -> None:
        check_still(t, override.issuer, Right.ISSUE_OVERRIDE)
        issue = Issue(override.issuer, override.issued_utc_ms, override.override_id)
        weighed = self._weigh(t, override.document, override.districts, issue)
        if weighed.second and not override.approver:
            raise RefusedError("C/two-persons", f"a second person has to approve: {', '.join(weighed.second)}")
        if override.approver:
            check_still(t, override.approver, Right.APPROVE_OVERRIDE)
        if override.document.end_utc_ms <= now_ms:
            raise RefusedError("C/over", "its expiry has passed")

    def _check_approval(self, actor: Actor, override: Override, sha256: str, now_ms: int) -> None:
        if override.state is not OverrideState.WAITING:
            raise ConflictError(f"override {override.override_id} is {override.state.value}")
        until_mono_ms = self._until_mono_ms.get(override.override_id, 0)
        awaited = Awaited(
            override.issuer, override.districts, override.sha256, override.issued_utc_ms, until_mono_ms, "issued"
        )
        check_approval(actor, awaited, sha256, now_ms, self._desk.clock.mono_ms())

    def _start(self, override: Override) -> None:
        """Bring a scheduled override into force; what stands against it by now ends it."""

        def work(t: Transaction) -> tuple[Override, list[Delivery]]:
            held = override_of(t, override.override_id)
            if held.state is not OverrideState.SCHEDULED:
                return held, []  # somebody was quicker
            return self._activate(t, held, CENTRE, self._desk.now_ms())

        action, obj = "activate override", f"override {override.override_id}"
        try:
            self._done(*self._desk.act(CENTRE, action, obj, work))
        except (RefusedError, ForbiddenError, InvalidInputError) as error:
            self._end(replace(override, why=str(error)), OverrideState.REFUSED, CENTRE, self._desk.now_ms())

    def _end(self, override: Override, state: OverrideState, who: str, now_ms: int) -> Override:
        """End an override. What was in force ends even if nothing can be written."""
        over = replace(override, state=state, ended_utc_ms=ended_ms_of(override, state, now_ms), ended_by=who)
        outcome = _Outcome(over)
        work = partial(self._end_within, outcome, override.state, who)
        if override.state is not OverrideState.ACTIVE:
            self._desk.store.write(lambda t: work(t, False), Importance.ESSENTIAL)
        elif not self._late.write(work):
            self._orders.without_store(frozenset({over.override_id}), now_ms)
            self._owed.append(outcome)
            return self._done(replace(over, late=True), [])
        return self._done(outcome.override, outcome.made)

    def _end_within(self, outcome: _Outcome, seen: OverrideState, who: str, t: Transaction, late: bool) -> None:
        """Write an end down, if the override is still as it was seen, and make the orders that follow."""
        over = replace(outcome.override, late=late)
        held = t.shelf(OVERRIDES).get(over.override_id)
        if held is not None:
            given_back = max(held.given_back, over.given_back, key=len)  # another process may have given some back
            over = replace(over, given_back=given_back)
        if held is not None and held.state is not seen:
            if who != CENTRE and not late:
                raise ConflictError(f"override {over.override_id} is {held.state.value} by now")
            outcome.override = held  # somebody was quicker, or the write that seemed to fail was there after all
            return
        t.shelf(OVERRIDES).put(over)
        ended_ms = over.ended_utc_ms or 0
        t.record(who, "end override", f"override {over.override_id}", over.state.value, ended_ms, late)
        outcome.override = over
        if seen is OverrideState.ACTIVE:
            left = tuple(t.shelf(CABINETS).several(over.cabinets).values())
            why = f"override {over.override_id} is over"
            outcome.made = self._orders.make_all(t, left, why, self._desk.now_ms())

    def _write_late(self) -> None:
        """Write the ends that could not be written, in their order; try again later what still cannot be."""
        if self._owed:
            done = len(self._owed) - self._late.settle()
            for outcome in self._owed[:done]:
                self._orders.serve(outcome.made)
            self._owed = self._owed[done:]

    def _done(self, override: Override, made: list[Delivery]) -> Override:
        """Take up what has become durable."""
        self._orders.serve(made)
        if override.state.live:
            self._keep(override)
        else:
            self._live.pop(override.override_id, None)
            self._until_mono_ms.pop(override.override_id, None)
        return override

    def _keep(self, override: Override) -> None:
        self._live[override.override_id] = override
        waits = override.state is OverrideState.WAITING
        end_ms = override.issued_utc_ms + APPROVAL_MS if waits else override.document.end_utc_ms
        self._until_mono_ms[override.override_id] = self._desk.clock.mono_ms() + end_ms - self._desk.now_ms()
