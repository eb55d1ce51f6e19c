"""Feeds over HTTP: who is let in, what a receipt means, what is bad and moves nothing, and what a restart keeps."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import contents
from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.centre.identity import Role
from signal_ctrl.domain.link.credential import credential_from_json
from signal_ctrl.domain.link.mac import ANSWER_MAC
from signal_ctrl.domain.roads_json import roads_to_json
from signal_ctrl.watch.city_minute import Source
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.intake.values import OBSERVATIONS, OBSERVATIONS_KEPT_MS
from signal_ctrl.watch.minutes.learnt import LEARNT
from signal_ctrl.watch.minutes.publisher import REPLAYED_MS
from signal_ctrl.watch.state.estimator import StateEstimator
from signal_ctrl.watch.watch import Watch
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, Feeder, Streets, count, network, position, streets


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        made.import_roads()
        yield made


@pytest.fixture
def loops(town: Streets) -> Feeder:
    return town.feeder("loops", FeedKind.COUNTS)


def receipt(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def kept(town: Streets) -> int:
    return town.world.store.read(lambda r: r.shelf(OBSERVATIONS).count())


def test_a_batch_is_receipted_and_the_receipt_is_the_centres(town: Streets, loops: Feeder) -> None:
    town.until(BEGIN_MS + 62_000)
    answer = loops.post(loops.body([count(0, BEGIN_MS), count(9, BEGIN_MS)]))
    assert receipt(answer) == {"sequence": 1, "taken": 1, "left_out": {"unknown": 1}}
    assert ANSWER_MAC.lower() in answer.headers
    assert kept(town) == 1


def test_the_same_batch_again_gets_the_same_receipt_and_counts_once(town: Streets, loops: Feeder) -> None:
    town.until(BEGIN_MS + 62_000)
    body = loops.body([count(0, BEGIN_MS)])
    first = loops.post(body)
    before = contents(town.world.store)
    assert [loops.post(body).content for _ in range(3)] == [first.content] * 3
    assert contents(town.world.store) == before
    other = loops.post(loops.body([count(1, BEGIN_MS)], number=1))
    assert other.status_code == 409
    assert contents(town.world.store) == before
    assert town.watch.quality.of("loops").taken == 1


def test_a_batch_that_comes_again_when_it_is_forgotten_moves_nothing(town: Streets, loops: Feeder) -> None:
    town.until(BEGIN_MS + 62_000)
    body = loops.body([count(0, BEGIN_MS)])
    loops.post(body)
    town.clock.pass_ms(OBSERVATIONS_KEPT_MS + MINUTE_MS)
    town.passes(2000)
    assert kept(town) == 0
    assert receipt(loops.post(body)) == {"sequence": 1, "taken": 0, "left_out": {"late": 1}}


def test_a_request_that_was_heard_on_the_wire_is_taken_once(town: Streets, loops: Feeder) -> None:
    town.until(BEGIN_MS + 62_000)
    loops.post(loops.body([count(0, BEGIN_MS)]))
    sent = dict(loops.asked.headers)
    sent["Signal-Ctrl-Feed"] = sent.pop("Signal-Ctrl-Cabinet")
    again = town.client.request("POST", loops.asked.path, headers=sent, content=loops.asked.body)
    assert (again.status_code, again.json()["type"].rsplit("/", 1)[-1]) == (401, "replayed")
    sent["Signal-Ctrl-Nonce"] = "0" * 32
    assert town.client.request("POST", loops.asked.path, headers=sent, content=loops.asked.body).status_code == 401


def test_nobody_but_the_feed_gets_in(town: Streets, loops: Feeder) -> None:
    town.until(BEGIN_MS + 62_000)
    other = town.feeder("bus", FeedKind.POSITIONS)
    body = loops.body([count(0, BEGIN_MS)])
    assert town.client.request("POST", "/v1/feeds/loops/observations", content=body).status_code == 401
    assert other.post(body, feed="loops").status_code == 404
    assert other.post(loops.body([position("a", BEGIN_MS)])).status_code == 404
    for login in ("vera", "olga", "eve", "root"):
        assert town.ask(login, "POST", "/v1/feeds/loops/observations", {}).status_code == 403
    loops.signer._key = bytes(32)
    assert loops.post(body).status_code == 401
    assert kept(town) == 0


def test_a_feed_reads_and_changes_nothing_else(town: Streets, loops: Feeder) -> None:
    paths = ["/v1/links", "/v1/feeds", "/v1/roads", "/v1/junctions", "/v1/alarms", "/v1/stream", "/v1/weather"]
    for path in (*paths, "/v1/cabinets/loops/plan"):
        ask = loops.signer.ask("GET", path)
        sent = dict(ask.headers)
        for name in ("Signal-Ctrl-Feed", "Signal-Ctrl-Cabinet"):
            mine = {name if key == "Signal-Ctrl-Cabinet" else key: value for key, value in sent.items()}
            assert town.client.request("GET", path, headers=mine).status_code in (401, 403, 404), (path, name)


def test_a_cabinet_is_no_feed(town: Streets, loops: Feeder) -> None:
    path = "/v1/feeds/loops/observations"
    body = loops.body([count(0, BEGIN_MS)])
    ask = loops.signer.ask("POST", path, body=body)
    assert town.client.request("POST", path, headers=ask.headers, content=body).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"format":"signal-ctrl observations 1"}',
        b'{"format":"x","feed":"loops","boot":"' + b"ab" * 16 + b'","sequence":1,"observations":[1]}',
        b'{"format":"signal-ctrl observations 1","feed":"loops","boot":"'
        + b"ab" * 16
        + b'","sequence":0,"observations":[1]}',
        b'{"format":"signal-ctrl observations 1","feed":"loops","boot":"'
        + b"ab" * 16
        + b'","sequence":1,"observations":[]}',
        b'{"format":"signal-ctrl observations 1","feed":"loops","boot":"'
        + b"ab" * 16
        + b'","sequence":1,"observations":[NaN]}',
        b'{"sequence":1,"sequence":2}',
        b"\xff",
    ],
)
def test_what_is_no_batch_is_refused_whole(town: Streets, loops: Feeder, body: bytes) -> None:
    assert loops.post(body).status_code == 422
    assert kept(town) == 0


def test_a_batch_is_bounded(town: Streets, loops: Feeder) -> None:
    assert loops.post(b" " * ((1 << 20) + 1)).status_code == 413
    assert loops.post(loops.body([count(0, BEGIN_MS)] * 5001)).status_code == 422
    assert kept(town) == 0


def test_before_there_is_a_network_it_is_to_be_sent_again(tmp_path: Path) -> None:
    with streets(tmp_path) as town:
        loops = town.feeder("loops", FeedKind.COUNTS)
        town.until(BEGIN_MS + 62_000)
        body = loops.body([count(0, BEGIN_MS)])
        assert loops.post(body).status_code == 503
        town.import_roads()
        assert receipt(loops.post(body))["taken"] == 1


def test_bad_ones_move_no_published_value(town: Streets, loops: Feeder) -> None:
    """The same good counts with and without all that is bad: the same minutes, to the last bit."""
    buses = town.feeder("bus", FeedKind.POSITIONS)
    town.until(BEGIN_MS + 62_000)
    loops.send(*(count(k, BEGIN_MS, 6 + k) for k in range(6)))
    town.until(BEGIN_MS + 66_000)
    before = town.watch.latest()
    assert before is not None and before.minute_utc_ms == BEGIN_MS
    bad = [count(0, BEGIN_MS, 30), count(1, BEGIN_MS, 99), count(2, BEGIN_MS + MINUTE_MS, 20), count(9, BEGIN_MS)]
    late = [count(3, BEGIN_MS - 7 * MINUTE_MS)]
    found = loops.send(*bad, *late)
    assert found == {
        "sequence": 2,
        "taken": 0,
        "left_out": {"duplicate": 1, "future": 1, "impossible": 1, "late": 1, "unknown": 1},
    }
    far = [
        position("x", BEGIN_MS + 30_000, lat=40.0),
        position("x", BEGIN_MS + 80_000),
        position("x", BEGIN_MS, speed_mps=99),
    ]
    assert buses.send(*far)["taken"] == 0
    town.until(BEGIN_MS + 100_000)
    after = town.watch.latest()
    assert after is before
    assert town.watch.shown() is before


def test_many_bad_ones_raise_an_alarm_that_ends(town: Streets, loops: Feeder) -> None:
    def live() -> dict[str, str]:
        return {each.kind: each.text for each in town.world.store.read(lambda r: alarms(r, subject="loops"))}

    town.until(BEGIN_MS + 62_000)
    loops.send(*[count(9, BEGIN_MS)] * 30, *(count(k, BEGIN_MS) for k in range(6)))
    town.passes(12_000)
    assert live() == {}
    loops.send(*[count(9, BEGIN_MS)] * 30)
    town.passes(12_000)
    assert live() == {"bad feed": "91% of what feed loops sends cannot be used (unknown 60)"}
    for minute in range(1, 12):
        town.until(BEGIN_MS + minute * MINUTE_MS + 62_000)
        loops.send(*(count(k, BEGIN_MS + minute * MINUTE_MS) for k in range(6)))
    town.passes(12_000)
    assert live() == {}
    town.passes(200_000)
    assert live() == {"silent feed": "nothing was heard of feed loops for 3 minutes"}


def test_an_administrator_enrols_and_revokes(town: Streets) -> None:
    body = {"feed": "cam-1", "kind": "counts", "owner": "video works", "only": ["d1"]}
    assert town.ask("eve", "POST", "/v1/feeds", body).status_code == 403
    made = town.ask("root", "POST", "/v1/feeds", body)
    assert made.status_code == 201
    cam = Feeder(town.client, credential_from_json(made.json()["credential"]), town.clock)
    assert town.ask("root", "POST", "/v1/feeds", body).status_code == 409
    assert town.ask("root", "POST", "/v1/feeds", {**body, "feed": "x", "kind": "tea"}).status_code == 422
    town.until(BEGIN_MS + 62_000)
    assert cam.send(count(0, BEGIN_MS), count(1, BEGIN_MS))["left_out"] == {"foreign": 1}
    (shown,) = town.get("/v1/feeds")["feeds"]
    assert (shown["taken"], shown["left_out"], shown["owner"]) == (1, {"foreign": 1}, "video works")
    assert town.ask("root", "DELETE", "/v1/feeds/cam-1").status_code == 200
    assert cam.post(cam.body([count(2, BEGIN_MS)])).status_code == 401
    assert town.get("/v1/feeds")["feeds"][0]["revoked_utc_ms"] is not None
    acts = [each.record.action for each in town.world.store.read(lambda r: r.audit.records(limit=100))]
    assert {"enrol feed", "revoke feed", "import roads"} <= set(acts)


def test_roads_are_imported_by_engineers_and_read_by_people(tmp_path: Path) -> None:
    with streets(tmp_path) as town:
        assert town.ask("vera", "GET", "/v1/roads").status_code == 404
        document = json.loads(roads_to_json(network()))
        assert town.ask("olga", "POST", "/v1/roads", document).status_code == 403
        made = town.ask("eve", "POST", "/v1/roads", document)
        assert (made.status_code, made.json()["roads"], made.json()["loops"]) == (201, 6, 6)
        got = town.ask("vera", "GET", "/v1/roads")
        assert got.json() == document
        assert town.ask("vera", "GET", "/v1/roads", **{"If-None-Match": got.headers["etag"]}).status_code == 304
        document["roads"][0]["lanes"] = 0
        refused = town.ask("eve", "POST", "/v1/roads", document)
        assert refused.status_code == 422 and "r0" in refused.json()["detail"]


def test_after_a_restart_the_minutes_are_those_of_a_centre_that_ran_on(town: Streets, loops: Feeder) -> None:
    """Half of the batches of a minute are acknowledged before it stops, before the minute is complete."""
    town.until(BEGIN_MS + 62_000)
    loops.send(*(count(k, BEGIN_MS, 6 + k) for k in range(6)))
    town.until(BEGIN_MS + 66_000)
    town.until(BEGIN_MS + 122_000)
    loops.send(*(count(k, BEGIN_MS + MINUTE_MS, 9) for k in range(6)))
    again = Watch(town.world.centre, town.world.box)
    again.start()
    for watch in (town.watch, again):
        town.clock.pass_ms(4000)
        watch.tick()
    one, other = town.watch.latest(), again.latest()
    assert one is not None and other is not None and one.minute_utc_ms == BEGIN_MS + MINUTE_MS
    assert one.flow_veh_h.tolist() == other.flow_veh_h.tolist()
    assert other.flow_veh_h[0] > 0 and int(other.sources.min()) == Source.LOOPS
    assert [each.minute_utc_ms for each in again.minutes(BEGIN_MS)] == [BEGIN_MS, BEGIN_MS + MINUTE_MS]


def test_what_was_acknowledged_is_not_doubled_by_a_restart(town: Streets, loops: Feeder) -> None:
    town.until(BEGIN_MS + 62_000)
    body = loops.body([count(0, BEGIN_MS)])
    first = loops.post(body)
    again = Watch(town.world.centre, town.world.box)
    again.start()
    town.clock.pass_ms(4000)
    again.tick()
    assert again.intake.take(again.feeds.of("loops"), body) == first.content
    twice = again.intake.take(again.feeds.of("loops"), loops.body([count(0, BEGIN_MS)]))
    assert json.loads(twice)["left_out"] == {"duplicate": 1}


def test_what_was_learnt_is_there_after_a_restart(town: Streets) -> None:
    """Buses drive two roads twice as slowly as they could, for half an hour; a new estimator knows."""
    buses = town.feeder("bus", FeedKind.POSITIONS)
    for _ in range(180):
        town.passes(10_000)
        now_ms = town.clock.utc_ms()
        fixes = []
        for bus in range(4):
            step = (now_ms // 10_000 + 3 * bus) % 12
            lon = 11.4001 + step * 60.0 / (111_319.49 * 0.6593)
            fixes.append(position(f"b{bus}.{(now_ms // 10_000 + 3 * bus) // 12}", now_ms, lon=lon, speed_mps=6.0))
        buses.send(*fixes)
    found = town.world.store.read(lambda r: r.shelf(LEARNT).get("learnt"))
    assert found is not None and found.until_utc_ms < town.clock.utc_ms() - REPLAYED_MS + MINUTE_MS
    again = Watch(town.world.centre, town.world.box).learnt.estimator_of(town.network)
    assert again.learnt.drives.sum() > 0
    assert StateEstimator(town.network).learnt.drives.sum() == 0


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_who_reads_the_status_changes_nothing(town: Streets, role: Role) -> None:
    town.world.person(role, "anna")
    for method, path, body in (
        ("POST", "/v1/weather", {"from_utc_ms": BEGIN_MS, "to_utc_ms": BEGIN_MS + 1}),
        ("POST", "/v1/calendar", {}),
        ("DELETE", "/v1/calendar/x", None),
        ("POST", "/v1/roads", {}),
    ):
        assert town.ask("anna", method, path, body).status_code == 403
