"""What the centre knows of lamps: those of the frame before the poll, judged by the frames that were lit."""

from bench.link.site import trial_plan, trial_site
from bench.link.world import Cabin, LinkWorld
from signal_ctrl.domain.link.lamps import lamps_from_query

PLAN = trial_plan(trial_site("cab-1"))


def lit_at(cabin: Cabin, mono_ms: int) -> tuple[str, ...]:
    """Return the aspects of the last frame at a time by the cabinet's clock. [ms]"""
    frames = [frame for frame in cabin.segments[-1] if frame.at_ds <= mono_ms // 100]
    return tuple(aspect for aspect, _ in frames[-1].shown)


def test_each_poll_tells_the_lamps_that_are_lit(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    seen: set[tuple[str, ...]] = set()
    for _ in range(900):
        world.step()
        told = world.world.centre.lamps.of("cab-1")
        if told is not None and told.at_utc_ms == world.now_ms:
            assert told.lamps.words == lit_at(cabin, cabin.clock.mono_ms())
            seen.add(told.lamps.words)
    assert len(seen) >= 5


def test_a_stage_is_as_old_as_the_change_to_it(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    begun_ds, stage, compared = None, None, 0
    for _ in range(900):
        world.step()
        engine = cabin.agent.street.engine
        if engine.core.mode.value == "running" and engine.core.stage != stage:
            begun_ds = engine.frame_ds if stage is not None else None
            stage = engine.core.stage
        told = world.world.centre.lamps.of("cab-1")
        if told is not None and told.at_utc_ms == world.now_ms and begun_ds is not None:
            assert told.lamps.stage == stage
            assert abs(told.lamps.since_ds - (engine.frame_ds - begun_ds)) <= 1
            compared += 1
    assert compared >= 20


def test_lamps_cost_a_poll_few_bytes_and_nothing_is_written(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(20_000)
    polls = [ask for _, _, ask, _ in world.seen if ask.path.endswith("/plan")]
    assert len(polls) >= 15
    assert all(lamps_from_query(ask.query) is not None for ask in polls)
    n_groups = len(cabin.kernel.site.groups)
    assert max(len(f"?{ask.query}") for ask in polls) <= 16 + n_groups + 7 * sum(cabin.kernel.tables.crossing)
    posts = [ask for _, _, ask, _ in world.seen if ask.method == "POST"]
    assert all(b"lamps" not in ask.body for ask in posts)


def test_a_silent_cabinet_keeps_its_last_lamps_and_their_time(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(20_000)
    cabin.powered = False
    before = world.world.centre.lamps.of("cab-1")
    world.run(30_000)
    assert before is not None
    assert world.world.centre.lamps.of("cab-1") == before
    assert world.now_ms - before.at_utc_ms >= 29_000
