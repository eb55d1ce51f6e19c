"""Whatever is ordered, and however it ends: no override and no plan of it is left behind."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.centre.order_values import Assignment, PlanUse
from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.domain.link.acknowledgement import AckState
from signal_ctrl.domain.plan import plan_to_json
from signal_ctrl.stores.opening import open_memory
from signal_ctrl.watch.responses.order_values import Before, OrderState
from signal_ctrl.watch.responses.plan_acts import restored
from signal_ctrl.watch.responses.responses import Responses
from tests.signal_ctrl.centre.worlds import plan, signal_plan
from tests.signal_ctrl.watch.responses.response_worlds import ResponseWorld

HEAD = 'format = "signal-ctrl response 1"\nname = "made"\ntitle = "made"\nkind = "other"\nlasts_s = 1800\n'
CABINETS = ("c0", "c1", "c2")
MINUTE_MS = 60_000
acts = st.lists(
    st.sampled_from(["wait", "end", "release one", "another plan", "reject", "restart", "long wait"]), max_size=4
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    text, free = HEAD, list(CABINETS)
    for k in range(draw(st.integers(1, 2))):
        if not free:
            break
        names = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        free = [name for name in free if name not in names]
        kind = draw(st.sampled_from(["hold_stage", "call_stage", "all_red", "flash"]))
        stage = 'stage = "side"\n' if kind in ("hold_stage", "call_stage") else ""
        from_s, lasts_s = draw(st.sampled_from([(0, 1800), (0, 300), (600, 600)]))
        times = f"from_s = {from_s}\nlasts_s = {lasts_s}\n"
        cabinets = ", ".join(f'"{name}"' for name in names)
        text += (
            f'[[override]]\nname = "o{k}"\nkind = "{kind}"\nreason = "event"\ncabinets = [{cabinets}]\n{stage}{times}'
        )
    named = draw(st.lists(st.sampled_from(CABINETS), unique=True))
    if named:
        from_s = draw(st.sampled_from([0, 300]))
        cabinets = ", ".join(f'"{name}"' for name in named)
        text += f'[[plan]]\nname = "p"\nplan = "match"\ncabinets = [{cabinets}]\nfrom_s = {from_s}\n'
    return text


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(), acts)
def test_ordered_then_ended_leaves_nothing(document: str, history: list[str]) -> None:
    store = open_memory()
    try:
        world = ResponseWorld(store)
        world.imported(document)
        order = world.begun(response="made")
        decided = set[str]()
        for act in history:
            _act(world, order.order_id, act, decided)
        live = [o.order_id for o in world.responses.desk.live()]
        if live:
            world.responses.desk.end(world.actor("sam"), order.order_id)
        world.passes(2000)
        assert world.centre.overrides.live() == ()
        for name in CABINETS:
            assert world.orders(name).overrides == ()
            assert world.plan_of(name) == (50 if name in decided else 0)
    finally:
        store.close()


def _act(world: ResponseWorld, order_id: str, act: str, decided: set[str]) -> None:
    desk = world.responses.desk
    if act == "end" and desk.live():
        desk.end(world.actor("olga"), order_id)
    elif act == "release one":
        for override in world.centre.overrides.live()[:1]:
            world.centre.overrides.release(world.actor("sam"), override.override_id)
    elif act == "another plan":
        decided |= _decided(world)
    elif act == "reject":
        world.acknowledge("c1", AckState.REJECTED, ("K9/site-hash",))
    elif act == "restart":
        world.responses = Responses(world.centre, world.dispatch, lambda: world.signs)
        world.responses.load()
    world.passes(31 * MINUTE_MS if act == "long wait" else 2 * MINUTE_MS, 60_000)


def _decided(world: ResponseWorld) -> set[str]:
    """Let an engineer give c0 another plan, and return the cabinets that have it."""
    item = plan_to_json(plan("c0", title="other", offset_ds=50))
    world.centre.plans.upload(world.actor("eve"), item)
    try:
        return set(world.centre.issuing.issue(world.actor("eve"), IssueWish("other", cabinets=("c0",))).cabinets)
    except RefusedError:
        return set()


uses = st.builds(
    PlanUse,
    st.sampled_from([signal_plan("c0"), signal_plan("c0", 100)]),
    st.sampled_from(["day", "match", "other"]),
    st.integers(1, 2),
    st.integers(0, 50),
    st.none() | st.integers(100, 200),
)


@given(st.none() | uses, st.none() | uses, st.none() | uses, st.none() | uses, uses, st.integers(0, 300))
def test_what_somebody_else_decided_is_never_undone(
    standing: PlanUse | None,
    coming: PlanUse | None,
    was: PlanUse | None,
    was_coming: PlanUse | None,
    ours: PlanUse,
    now_ms: int,
) -> None:
    assume(ours not in (was, was_coming))
    held, before = Assignment("c0", standing, coming), Before("c0", was, was_coming, ours)
    after = restored(held, before, now_ms)
    assert ours not in (after.standing, after.coming)
    if held.offered is not None and ours not in (standing, coming):
        assert after == held
    again = restored(replace(after, changed_utc_ms=0), before, now_ms)
    assert replace(again, changed_utc_ms=0) == replace(after, changed_utc_ms=0)


def test_states_that_are_over_are_told_from_those_that_are_not() -> None:
    assert {state for state in OrderState if state.live} == {OrderState.WAITING, OrderState.ACTIVE}
