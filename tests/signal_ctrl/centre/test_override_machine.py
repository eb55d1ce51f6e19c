"""Any order of issuing, approving, releasing and waiting: the centre does what the oracle says, to the orders."""

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from signal_ctrl.centre.override_checks import override_of, overrides
from signal_ctrl.centre.override_values import OverrideState, Scope, ScopeKind
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, RefusedError
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.stores.opening import open_memory
from tests.signal_ctrl.centre.override_oracle import DISTRICT_OF, Oracle, Told
from tests.signal_ctrl.centre.worlds import START_MS, World

STATES = {
    "waiting": OverrideState.WAITING,
    "scheduled": OverrideState.SCHEDULED,
    "active": OverrideState.ACTIVE,
    "released": OverrideState.RELEASED,
    "expired": OverrideState.EXPIRED,
    "lapsed": OverrideState.LAPSED,
    "withdrawn": OverrideState.WITHDRAWN,
    "refused": OverrideState.REFUSED,
}
ISSUERS = ("olga", "otto", "sam")
LENGTHS_S = (60, 90, 120, 121, 600, 1799, 1800, 1801, 3600, 7199, 7200)


class OverrideMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = open_memory()
        self.world = World(self.store, 4, 2)
        self.oracle = Oracle()
        self.now_s = 0

    def teardown(self) -> None:
        self.store.close()

    @rule(
        kind=st.sampled_from(["call_stage", "hold_stage", "all_red", "flash", "dark"]),
        cabinets=st.lists(st.sampled_from(sorted(DISTRICT_OF)), min_size=1, max_size=4, unique=True),
        login=st.sampled_from(ISSUERS),
        lasts_s=st.sampled_from(LENGTHS_S),
        ahead_s=st.sampled_from([0, 0, 0, 29, 30, 31, 400]),
        age_s=st.sampled_from([0, 120, 121, 900, 901]),
        case=st.sampled_from(["one", "two", "three"]),
    )
    def issue(
        self, kind: str, cabinets: list[str], login: str, lasts_s: int, ahead_s: int, age_s: int, case: str
    ) -> None:
        names = tuple(sorted(cabinets))
        start_s = self.now_s + ahead_s
        told = Told(kind, names, login, self.now_s, start_s, start_s + lasts_s, "scheduled", case=case)
        two, late = self.oracle.needs_two(told), ahead_s > 30
        expected = ""
        if self.oracle.too_much(told):
            expected = "C/total"
        elif age_s > (120 if two else 900):
            expected = "C/second-factor"
        elif not two and not late and self.oracle.full(told):
            expected = "C/too-many"
        actor, given = self.world.actor(login, age_s * 1000), ""
        wish = self.world.wish(
            kind=OverrideKind(kind),
            scope=Scope(ScopeKind.LIST, names),
            stage="side" if kind in ("call_stage", "hold_stage") else "",
            lasts_s=lasts_s,
            case=case,
            start_utc_ms=START_MS + start_s * 1000,
        )
        try:
            prepared = self.world.centre.overrides.prepare(actor, wish)
            override = self.world.centre.overrides.issue(actor, prepared.document, prepared.nonce)
        except RefusedError as error:
            given = error.rule
        assert given == expected
        if given:
            return
        self.oracle.told[override.override_id] = told
        if two:
            told.state = "waiting"
        elif not late:
            self.oracle.activate(told)

    @precondition(lambda self: self.oracle.told)
    @rule(
        data=st.data(),
        login=st.sampled_from(["sam", "sue", "olga"]),
        right=st.booleans(),
        age_s=st.sampled_from([0, 120, 121]),
    )
    def approve(self, data: st.DataObject, login: str, right: bool, age_s: int) -> None:
        key = data.draw(st.sampled_from(sorted(self.oracle.told)))
        told = self.oracle.told[key]
        expected = self.expected_of_approval(key, login, right, age_s)
        sha256 = self.store.read(lambda r: override_of(r, key)).sha256 if right else "f" * 64
        given: object = None
        try:
            self.world.centre.overrides.approve(self.world.actor(login, age_s * 1000), key, sha256)
        except (RefusedError, ForbiddenError, ConflictError) as error:
            given = error.rule if isinstance(error, RefusedError) else type(error)
        assert given == expected
        if expected is None:
            told.approver = login
            told.state = "scheduled"
            if self.now_s >= told.start_s - 30:
                self.oracle.activate(told)

    def expected_of_approval(self, key: str, login: str, right: bool, age_s: int) -> object:
        told, due = self.oracle.told[key], self.now_s >= self.oracle.told[key].start_s - 30
        questions = (
            (login == "olga", ForbiddenError),
            (told.state != "waiting", ConflictError),
            (login == told.issuer, "C/self"),
            (age_s > 120, "C/second-factor"),
            (not right, "C/hash"),
            (due and self.oracle.too_much(told, key), "C/total"),
            (due and self.now_s >= told.end_s, "C/over"),
            (due and self.oracle.full(told), "C/too-many"),
        )
        return next((answer for holds, answer in questions if holds), None)

    @precondition(lambda self: self.oracle.told)
    @rule(data=st.data(), login=st.sampled_from(["olga", "otto", "sam", "sue"]))
    def release(self, data: st.DataObject, login: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.oracle.told)))
        told = self.oracle.told[key]
        may = login == told.issuer or login in ("sam", "sue")
        over = told.state not in ("waiting", "scheduled", "active")
        expected = ConflictError if over else None if may else ForbiddenError
        given = None
        try:
            self.world.centre.overrides.release(self.world.actor(login, 7_200_000), key)
        except (ForbiddenError, ConflictError) as error:
            given = type(error)
        assert given == expected
        if given is None:
            told.state = "released" if told.state == "active" else "withdrawn"
            told.ended_s = self.now_s

    @rule(by_s=st.sampled_from([1, 29, 59, 60, 61, 240, 299, 300, 1800, 3599, 3600, 3601]))
    def wait(self, by_s: int) -> None:
        self.now_s += by_s
        self.world.clock.pass_ms(by_s * 1000)
        self.world.centre.overrides.tick()
        self.oracle.tick(self.now_s)

    @rule()
    def restart(self) -> None:
        """The centre stops and starts: what is live goes on."""
        old = self.world.centre
        self.world.centre = type(old)(self.store, self.world.clock, old.desk.random, old.key)
        self.world.centre.start()

    @invariant()
    def the_orders_are_those_of_the_oracle(self) -> None:
        for cabinet in DISTRICT_OF:
            told = [order.override_id for order in self.world.orders(cabinet).overrides]
            assert sorted(told) == sorted(self.oracle.on(cabinet, self.now_s))
            assert told[-1:] == self.oracle.on(cabinet, self.now_s)[-1:] or len(told) > 1

    @invariant()
    def the_states_are_those_of_the_oracle(self) -> None:
        kept = {o.override_id: o for o in self.store.read(lambda r: overrides(r, "all"))}
        assert {key: o.state for key, o in kept.items()} == {
            key: STATES[told.state] for key, told in self.oracle.told.items()
        }
        for key, override in kept.items():
            told = self.oracle.told[key]
            assert override.approver == told.approver
            if override.ended_utc_ms is not None:
                assert override.ended_utc_ms == START_MS + (told.ended_s or 0) * 1000


OverrideMachine.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # an example takes a second: a failure is told as it was found, not made smaller
TestOverrideMachine = OverrideMachine.TestCase
