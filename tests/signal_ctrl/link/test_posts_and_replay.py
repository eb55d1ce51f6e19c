"""SAFETY part B, rows Idempotent posts, Sequence, Replay protection, Duplicate cabinets, Partial update."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bench.centre_app import contents
from bench.link.site import trial_plan, trial_site
from bench.link.world import Cabin, LinkWorld
from signal_ctrl.cabinet.ports import Answer, Ask, MemoryShelf
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.centre.alarms import ALARMS
from signal_ctrl.centre.faults import FAULTS
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.domain.link.reports import Batch, Gap, Report, ReportKind, batch_to_bytes
from tests.signal_ctrl.link.judging import breaches, rung, runs, splits

SITE = trial_site("cab-1")
PLAN = trial_plan(SITE)
OTHER = trial_plan(SITE, (26, 16, 18))
BOOT = "ab" * 16


def batch(sequence: int, text: str = "", gaps: tuple[Gap, ...] = (), kind: ReportKind = ReportKind.EVENT) -> bytes:
    report = Report(kind, 1_800_000_000_000 + sequence, "trial", text)
    return batch_to_bytes(Batch("cab-1", BOOT, sequence, (report,), gaps))


class Poster:
    """Posts batches of one start, as a cabinet would."""

    def __init__(self, world: LinkWorld, name: str = "cab-1") -> None:
        self.world = world
        site = trial_site(name)
        from signal_ctrl.centre.cabinets import Place
        from signal_ctrl.domain.site_json import site_to_json

        self.credential = world.world.links.enrol("trial", name, site_to_json(site), Place("north"))
        self.signer = Signer(name, self.credential.key, BOOT, world.clock, world.random.randbytes)

    def ask(self, body: bytes, query: str = "") -> Ask:
        return self.signer.ask("POST", "/v1/cabinets/cab-1/events", query, body)

    def post(self, body: bytes, query: str = "") -> Answer:
        self.world.clock.pass_ms(400)
        return self.world.wire.carry(self.ask(body, query))


@pytest.fixture
def poster(world: LinkWorld) -> Poster:
    return Poster(world)


def stored(world: LinkWorld) -> list[Any]:
    return sorted(world.world.store.read(lambda t: t.links.batches("cab-1", limit=1000)), key=lambda b: b.sequence)


# Idempotent posts


@pytest.mark.parametrize("times", [1, 2, 3, 4, 5])
def test_a_post_that_comes_again_gets_the_same_answer_and_counts_once(
    world: LinkWorld, poster: Poster, times: int
) -> None:
    fault = batch(1, "a lamp is out", kind=ReportKind.FAULT)
    found = [poster.post(fault) for _ in range(times)]
    poster.post(batch(2))
    found.append(poster.post(fault))
    assert {(a.status, a.body) for a in found} == {(200, b'{"contiguous":1,"missing":[]}')}
    assert len(stored(world)) == 2
    assert len(world.world.store.read(lambda t: t.shelf(FAULTS).find({"cabinet": "cab-1"}))) == 1


def test_another_body_under_a_key_is_a_conflict_and_nothing_is_stored(world: LinkWorld, poster: Poster) -> None:
    poster.post(batch(1, "one"))
    before = contents(world.world.store)
    answer = poster.post(batch(1, "other"))
    assert answer.status == 409
    assert contents(world.world.store) == before
    assert poster.signer.time_of(Ask("", "", nonce="0" * 32), answer) is None  # it is bound to its own request


def test_what_was_answered_is_there_after_the_centre_was_killed(world: LinkWorld, poster: Poster) -> None:
    """The store of `tests/contracts` is killed for real; here the answers are held against what it gives back."""
    for sequence in range(1, 6):
        answer = poster.post(batch(sequence))
        assert answer.status == 200
        world.restart_centre()
        world.clock.pass_ms(1_000)
        assert [b.sequence for b in stored(world)] == list(range(1, sequence + 1))
        assert poster.post(batch(sequence)).body == answer.body


# Sequence


def test_numbers_that_are_missing_are_named(world: LinkWorld, poster: Poster) -> None:
    wanted = [
        (1, b'{"contiguous":1,"missing":[]}'),
        (3, b'{"contiguous":1,"missing":[[2,2]]}'),
        (7, b'{"contiguous":1,"missing":[[2,2],[4,6]]}'),
        (2, b'{"contiguous":3,"missing":[[4,6]]}'),
        (5, b'{"contiguous":3,"missing":[[4,4],[6,6]]}'),
    ]
    for sequence, body in wanted:
        assert poster.post(batch(sequence)).body == body
    assert {b.sequence: b.late for b in stored(world)} == {1: False, 2: True, 3: True, 5: True, 7: True}
    told = poster.post(batch(8, gaps=(Gap(BOOT, 4, 4, 10), Gap(BOOT, 6, 6, 3))))
    assert told.body == b'{"contiguous":8,"missing":[]}'


@pytest.mark.parametrize("seed", range(4))
def test_loss_and_reorder_count_nothing_twice_and_miss_nothing(world: LinkWorld, poster: Poster, seed: int) -> None:
    rng = random.Random(seed)
    left = list(range(1, 31))
    arrived: set[int] = set()
    while left:
        sequence = rng.choice(left[:6])
        if rng.random() < 0.3:
            continue  # lost on the way there
        answer = poster.post(batch(sequence, f"report {sequence}", kind=ReportKind.EVENT))
        assert answer.status == 200
        arrived.add(sequence)
        if rng.random() < 0.7:
            left.remove(sequence)  # else the answer was lost on the way back
        complete = max(n for n in range(31) if set(range(1, n + 1)) <= arrived)
        assert f'"contiguous":{complete},'.encode() in answer.body or sequence in (b.sequence for b in stored(world))
    assert [b.sequence for b in stored(world)] == list(range(1, 31))


def test_a_fault_that_its_end_has_overtaken_is_over(world: LinkWorld, poster: Poster) -> None:
    poster.post(batch(1))
    end = Report(ReportKind.CLEARED, 1_800_000_000_900, "trial", "repaired")
    poster.post(batch_to_bytes(Batch("cab-1", BOOT, 3, (end,))))
    poster.post(batch(2, "broken", kind=ReportKind.FAULT))
    found = world.world.store.read(lambda t: t.shelf(FAULTS).find({"cabinet": "cab-1"}))
    assert [fault.live for fault in found] == [False]


# Replay protection


@pytest.mark.parametrize("after_s", [0, 1, 29, 30, 31, 61, 120])
@pytest.mark.parametrize("restart", [False, True])
def test_a_request_that_was_captured_is_refused_whenever_it_comes_again(
    world: LinkWorld, poster: Poster, after_s: int, restart: bool
) -> None:
    asks = [
        poster.ask(batch(1)),
        poster.signer.ask("GET", "/v1/cabinets/cab-1/plan"),
    ]
    world.clock.pass_ms(1)
    assert [world.wire.carry(ask).status for ask in asks] == [200, 200]
    world.clock.pass_ms(1000 * after_s)
    if restart:
        world.restart_centre()
    heard = world.world.centre.registry._presence.last("cab-1")
    before = contents(world.world.store)
    for ask in asks:
        answer = world.wire.carry(ask)
        assert answer.status == 401
        assert b"server_utc_ms" in answer.body
    assert contents(world.world.store) == before
    assert world.world.centre.registry._presence.last("cab-1") == heard


@pytest.mark.parametrize("late_ms", [30_000, 30_001, -30_000, -30_001])
def test_the_window_is_30_s_to_the_millisecond(world: LinkWorld, poster: Poster, late_ms: int) -> None:
    world.clock.pass_ms(60_000)
    ask = poster.ask(batch(1))
    world.clock.set_wall_ms(world.clock.utc_ms() + late_ms)
    if late_ms < 0:
        world.world.link.gate._since_utc_ms -= 120_000  # the centre has been there for long
    assert world.wire.carry(ask).status == (200 if abs(late_ms) <= 30_000 else 401)


@pytest.mark.parametrize(
    "what", ["method", "path", "query", "body", "time", "nonce", "boot", "cabinet", "code", "twice", "none"]
)
def test_a_request_with_anything_changed_is_refused(world: LinkWorld, poster: Poster, what: str) -> None:
    Poster(world, "cab-2")
    ask = poster.ask(batch(1))
    headers = dict(ask.headers)
    changed = {
        "method": replace(ask, method="PUT"),
        "path": replace(ask, path="/v1/cabinets/cab-1/acknowledgements"),
        "query": replace(ask, query="old=1"),
        "body": replace(ask, body=batch(2)),
        "time": replace(ask, headers=headers | {"Signal-Ctrl-Time": str(world.clock.utc_ms() + 1)}),
        "nonce": replace(ask, headers=headers | {"Signal-Ctrl-Nonce": "0" * 32}),
        "boot": replace(ask, headers=headers | {"Signal-Ctrl-Boot": "0" * 32}),
        "cabinet": replace(ask, headers=headers | {"Signal-Ctrl-Cabinet": "cab-2"}),
        "code": replace(ask, headers=headers | {"Signal-Ctrl-Mac": "0" * 64}),
        "twice": replace(ask, headers=headers | {"signal-ctrl-nonce": "0" * 32}),
        "none": replace(ask, headers={"Signal-Ctrl-Cabinet": "cab-1"}),
    }[what]
    before = contents(world.world.store)
    answer = world.wire.carry(changed)
    assert answer.status == 401
    assert poster.signer.time_of(changed, answer) is None  # a stranger's refusal is not coded
    assert contents(world.world.store) == before


@pytest.mark.parametrize(
    ("what", "status", "actor"),
    [
        ("code", 401, ""),
        ("replay", 401, "cab-1"),
        ("large", 413, ""),
        ("stranger's time", 401, ""),
        ("often", 429, "cab-1"),
    ],
)
def test_every_refusal_has_an_id_that_is_in_the_log(
    world: LinkWorld, poster: Poster, what: str, status: int, actor: str
) -> None:
    def polled() -> Ask:
        return poster.signer.ask("GET", "/v1/cabinets/cab-1/plan", "", b"")

    ask = poster.ask(batch(1))
    strange = {**dict(ask.headers), "Signal-Ctrl-Mac": "0" * 64}
    refused = {
        "code": replace(ask, headers=strange),
        "replay": ask,
        "large": replace(ask, body=b" " * 70_000),
        "stranger's time": replace(ask, method="GET", path="/v1/time", body=b"", headers=strange),
        "often": polled(),
    }[what]
    if what == "replay":
        world.wire.carry(ask)
    for _ in range(30 if what == "often" else 0):
        world.wire.carry(polled())
    with capture_logs() as lines:
        answer = world.wire.carry(refused)
    document = json.loads(answer.body)
    (line,) = [each for each in lines if each.get("request") == document["error_id"]]
    assert (answer.status, line["status"], line["actor"]) == (status, status, actor)
    assert len(document["error_id"]) == 16
    assert line["why"]


def test_a_cabinet_that_names_another_one_gets_404(world: LinkWorld, poster: Poster) -> None:
    Poster(world, "cab-2")
    for method, path, body in (
        ("GET", "/v1/cabinets/cab-2/plan", b""),
        ("POST", "/v1/cabinets/cab-2/events", batch(1)),
        ("POST", "/v1/cabinets/cab-1/events", batch(1).replace(b"cab-1", b"cab-2")),
    ):
        world.clock.pass_ms(1_000)
        assert world.wire.carry(poster.signer.ask(method, path, body=body)).status == 404


def test_an_old_plan_cannot_be_played_back_to_a_cabinet(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    first = world.order(cabin, PLAN)
    world.run(10_000)
    whole = [a for _, _, ask, a in world.seen if ask.path.endswith("/plan") and a.status == 200][-1]
    world.order(cabin, OTHER)
    world.watch = lambda _cabin, ask, answer: whole if ask.path.endswith("/plan") else answer
    world.run(100_000)
    assert cabin.agent.desk.newest is not None
    assert cabin.agent.desk.newest.orders.version == first.version
    assert cabin.agent.link.lost  # answers that are not to its own requests are none
    assert rung(cabin) == "PLAN"


def test_a_key_is_revoked_within_a_minute_and_changed_with_both_valid(world: LinkWorld, poster: Poster) -> None:
    world.clock.pass_ms(1_000)
    old = poster.signer
    credential = world.world.links.rotate("trial", "cab-1", overlap_s=3_600)
    new = Signer("cab-1", credential.key, BOOT, world.clock, world.random.randbytes)
    for signer in (old, new):
        assert world.wire.carry(signer.ask("GET", "/v1/cabinets/cab-1/plan")).status == 200
    world.clock.pass_ms(3_600_000)
    assert world.wire.carry(old.ask("GET", "/v1/cabinets/cab-1/plan")).status == 401
    assert world.wire.carry(new.ask("GET", "/v1/cabinets/cab-1/plan")).status == 200

    from signal_ctrl.centre.link import Link

    elsewhere = Link(world.world.centre, world.world.box)  # another machine of the centre
    elsewhere.open()
    world.world.links.revoke("trial", "cab-1")
    assert world.wire.carry(new.ask("GET", "/v1/cabinets/cab-1/plan")).status == 401
    for _ in range(60):
        world.clock.pass_ms(1_000)
        elsewhere.tick()
    assert elsewhere.ring.of("cab-1", world.clock.utc_ms()) == ()


# Duplicate cabinets


def cloned(world: LinkWorld, cabin: Cabin) -> Cabin:
    """Switch a second machine on with the same credential."""
    return world.switch_on(cabin.credential, cabin.kernel, MemoryShelf(), cabin.settings)


@pytest.mark.slow
def test_a_cloned_credential_raises_an_alarm_and_both_go_to_their_local_plan(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(200_000)
    assert rung(cabin) == "ADAPTIVE"
    clone = cloned(world, cabin)
    world.run(60_000)
    assert [rung(each) for each in (cabin, clone)] == ["PLAN", "PLAN"]
    kinds = world.world.store.read(lambda t: [a.kind for a in t.shelf(ALARMS).find({"subject": "cab-1"})])
    assert "duplicate cabinet" in kinds

    world.order(cabin, OTHER)
    world.restart_centre()  # it does not forget
    world.run(200_000)
    assert not any(
        a.status == 200 for at, _, ask, a in world.seen if ask.path.endswith("/plan") and at > world.now_ms - 190_000
    )

    admin = Actor("admin", Role.ADMIN, None, world.now_ms)
    world.world.links.resolve(admin, "cab-1", cabin.agent.boot)
    world.run(700_000)
    assert (rung(cabin), splits(cabin)) == ("ADAPTIVE", (26, 16, 18))
    assert rung(clone) == "PLAN"
    assert breaches(cabin) == []
    assert breaches(clone) == []


def test_a_restart_is_no_duplicate(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    for _ in range(5):
        world.run(40_000)
        world.restart(cabin)
    world.run(200_000)
    assert world.world.link.starts.doubles() == ()
    assert rung(cabin) == "ADAPTIVE"


def test_reports_of_an_earlier_start_make_no_duplicate_of_it_when_the_centre_starts_anew(world: LinkWorld) -> None:
    """Found by seed 51 of the campaign: the first that was stored of the start was sent by the one after it."""
    cabin = world.add("cab-1")
    world.blocked.add(cabin.name)
    world.run(25_000)
    world.restart(cabin)
    world.blocked.clear()
    world.run(60_000)
    assert len({b.boot for b in stored(world)}) == 2
    world.restart_centre()
    world.run(60_000)
    assert world.world.link.starts.doubles() == ()
    assert cabin.agent.link.answers


def test_a_request_of_before_a_restart_that_comes_late_is_no_duplicate(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.run(10_000)
    late = cabin.agent.link._signer.ask("GET", "/v1/cabinets/cab-1/plan")
    world.restart(cabin)
    world.run(5_000)
    assert world.wire.carry(late).status == 401
    assert world.world.link.starts.doubles() == ()


def test_numbers_used_twice_are_a_sign_of_a_duplicate(world: LinkWorld, poster: Poster) -> None:
    poster.post(batch(1, "one"))
    poster.post(batch(1, "other"))
    double = world.world.link.starts.double("cab-1")
    assert double is not None
    assert double.why == "numbers are used twice"
    world.clock.pass_ms(1_000)
    assert world.wire.carry(poster.signer.ask("GET", "/v1/cabinets/cab-1/plan")).status == 423


# Partial update


def test_a_link_cut_at_every_byte_of_a_transfer_changes_nothing(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(5_000)
    before = cabin.agent.desk.newest
    world.order(cabin, OTHER)
    link, desk = cabin.agent.link, cabin.agent.desk
    cut = 0
    whole = b""
    while not whole or cut < len(whole):
        world.clock.pass_ms(700_000)  # past any wait
        world.world.link.gate._since_utc_ms = 0
        ask = link.next_ask(desk.etag)
        if ask is None:
            continue
        answer = world.wire.carry(ask)
        if not ask.path.endswith("/plan"):
            cabin.agent.take(answer)
            continue
        whole = answer.body
        cabin.agent.take(Answer(answer.status, answer.headers, whole[:cut]))
        assert desk.newest is before
        assert desk.unreviewed is None
        cut += 1
    assert cut == len(whole) > 500


@pytest.mark.parametrize("how", ["longer", "other", "unsigned", "huge"])
def test_a_document_that_is_not_what_was_signed_is_dropped_whole(world: LinkWorld, how: str) -> None:
    cabin = world.add("cab-1")
    first = world.order(cabin, PLAN)
    world.run(5_000)
    good = world.world.centre.orders.signed
    del good
    data = first.document.encode().replace(b'"revision":2', b'"revision":3')
    signature = {
        "longer": first.signature,
        "other": first.signature,
        "unsigned": "",
        "huge": first.signature,
    }[how]
    body = {"longer": data + b" ", "other": data, "unsigned": data, "huge": data + b" " * 70_000}[how]
    received = cabin.agent.desk.receive(body, signature)
    assert received.verdict.value == "dropped"
    assert cabin.agent.desk.newest is not None
    assert cabin.agent.desk.newest.orders.version == first.version


@pytest.mark.slow
def test_a_corridor_changes_together_and_who_has_no_commit_keeps_the_old_plan(world: LinkWorld) -> None:
    cabins = [world.add(f"cab-{k}") for k in range(1, 4)]
    for cabin in cabins:
        world.order(cabin, trial_plan(cabin.kernel.site))
    world.run(200_000)
    for cabin in cabins:
        world.order(cabin, trial_plan(cabin.kernel.site, (26, 16, 18)), begin_ms=30_000, commit="change-1")
    world.run(5_000)
    assert all(cabin.agent.desk.staged is not None for cabin in cabins)
    world.blocked.add("cab-3")
    for cabin in cabins:
        world.order(
            cabin, trial_plan(cabin.kernel.site, (26, 16, 18)), begin_ms=25_000, commit="change-1", committed=True
        )
    world.run(50_000)
    assert [splits(cabin) for cabin in cabins[:2]] == [(26, 16, 18)] * 2 or runs(cabins[0]) == "1.4"
    assert runs(cabins[2]) == "1.2"
    world.run(150_000)
    assert [splits(cabin) for cabin in cabins[:2]] == [(26, 16, 18)] * 2
    assert splits(cabins[2]) != (26, 16, 18)
    for cabin in cabins:
        assert breaches(cabin) == []


def test_a_change_that_is_never_committed_is_told_of_when_its_time_is_over(world: LinkWorld) -> None:
    cabin = world.add("cab-1")
    world.order(cabin, PLAN)
    world.run(200_000)
    delivery = world.order(cabin, OTHER, commit="change-1", adaptive=True, valid_ms=90_000)
    world.run(130_000)
    from tests.signal_ctrl.link.judging import answers

    assert answers(world, cabin)[str(delivery.version)] == "rejected"
    assert splits(cabin) == (30, 14, 16)
