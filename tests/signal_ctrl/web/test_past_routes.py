"""The past over HTTP: what the routes showed at a time is what is shown of that time later."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.centre_app import bearer
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.cabinets import Place
from signal_ctrl.domain.link.lamps import WORDS
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.past.values import PIECE_MS
from tests.signal_ctrl.centre.worlds import site_text
from tests.signal_ctrl.watch.streets import BEGIN_MS, MINUTE_MS, Streets, count, streets

LAMPS = "&lamps=c0&lamps=c1"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        for name in ("c0", "c1", "c2"):
            made.world.centre.registry.enrol("test", name, site_text(name), Place("d0", "ring"))
        made.import_roads()
        yield made


def second(town: Streets, seconds: int = 1) -> None:
    """Let time go by: cabinets poll, the centre and the record do what is due."""
    centre = town.world.centre
    for _ in range(seconds):
        town.passes(1_000)
        now_ms, mono_ms = town.clock.utc_ms(), town.clock.mono_ms()
        stage = now_ms // 20_000 % 2
        lit = f"lamps={stage}.{now_ms % 20_000 // 100}.{'Gr' if stage else 'rG'}"
        centre.registry.heard("c0")
        centre.registry.says("c0", {"mode": "2", "rung": "0", "waiting": str(now_ms // 30_000 % 3)})
        centre.lamps.hear("c0", lit, now_ms, mono_ms)
        if now_ms % 60_000 < 40_000:
            centre.registry.heard("c1")
        centre.tick()
        town.world.context.recorder.tick()


def as_shown(town: Streets) -> dict[str, Any]:
    """What the routes show now, as the page keeps it."""
    rows = {row["link"]: row for row in town.get("/v1/links")["links"]}
    hub_junctions = {each["junction"]: each for each in town.get("/v1/junctions")["junctions"]}
    for each in hub_junctions.values():
        del each["heard_utc_ms"]
    return {
        "junctions": hub_junctions,
        "alarms": {each["alarm_id"]: each for each in town.get("/v1/alarms")},
        "overrides": {each["override_id"]: each for each in town.get("/v1/overrides")},
        "tickets": {each["ticket_id"]: each for each in town.get("/v1/tickets")},
        "incidents": {each["incident_id"]: each for each in town.get("/v1/incidents")},
        "roads": {name: [row["level"], kmh(row["speed_mps"]), row["queue_m"]] for name, row in rows.items()},
        "figures": town.get("/v1/figures"),
        "trunk": town.get("/v1/congestion")["trunk"],
        "lamps": town.get("/v1/lamps?junction=c0&junction=c1")["lamps"],
    }


def near(replayed: dict[str, Any], shown: dict[str, Any]) -> bool:
    """Levels are the same; a speed and a queue that nobody was told of again may be a little older."""
    return replayed.keys() == shown.keys() and all(
        level == shown[road][0] and (speed is None) == (shown[road][1] is None)
        for road, (level, speed, _) in replayed.items()
    )


def kmh(speed_mps: float | None) -> int | None:
    """The speed as the page rounds it: halves upwards."""
    return None if speed_mps is None else int(Decimal(speed_mps * 3.6).quantize(Decimal(1), ROUND_HALF_UP))


def as_replayed(town: Streets, picture: dict[str, Any]) -> dict[str, Any]:
    lamps = {
        name: [None if stage is None else stage, [WORDS[letter] for letter in letters]]
        for name, (stage, _, letters) in picture.get("lamps", {}).items()
    }
    said = picture.get("says", {})
    return {
        "junctions": {name: {**rest, "says": said.get(name, {})} for name, rest in picture["junctions"].items()},
        **{name: picture.get(name, {}) for name in ("alarms", "overrides", "tickets", "incidents")},
        "roads": picture["roads"],
        "figures": picture["city"]["figures"],
        "trunk": picture["city"]["congestion"]["trunk"],
        "lamps": lamps,
    }


def roads_are(town: Streets, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the roads have other levels, speeds and queues from now on."""
    minute, rng = town.watch.latest(), np.random.default_rng(step)
    assert minute is not None
    n = len(minute.level)
    speed, queue = rng.uniform(0, 20, n).astype(np.float32), rng.uniform(0, 99, n).astype(np.float32)
    queue[step % n] = np.nan
    seen = replace(minute, level=rng.integers(0, 6, n).astype(np.uint8), speed_mps=speed, queue_m=queue)
    monkeypatch.setattr(town.watch, "shown", lambda: seen)


def happens(town: Streets, step: int) -> None:
    """Something else each time."""
    centre = town.world.centre
    if step == 0:
        centre.store.write(lambda t: centre.alarms.raise_(t, "x", "c0", Severity.WARNING, "a lamp is out"))
    elif step == 1:
        town.ask("olga", "POST", "/v1/alarms/" + town.get("/v1/alarms")[0]["alarm_id"] + "/acknowledge")
    elif step == 2:
        wish = {"kind": "hold_stage", "scope": {"kind": "junction", "names": ["c0"]}, "reason": "accident"}
        wish |= {"case": "7", "lasts_s": 60, "stage": "main"}
        own = bearer(town.world.session("olga"))
        made = town.client.request("POST", "/v1/override-preparations", headers=own, json=wish).json()
        wanted = {"document": made["document"], "nonce": made["nonce"]}
        issued = town.client.request("POST", "/v1/overrides", headers=own, json=wanted)
        assert issued.status_code == 201, issued.text
    elif step == 3:
        town.ask("olga", "POST", "/v1/incidents", {"kind": "breakdown", "road": "r1"})
    elif step == 4:
        town.ask("olga", "POST", "/v1/tickets", {"facility": "lamp", "cabinet": "c1", "text": "broken"})


def test_what_was_shown_at_a_time_is_what_is_shown_of_it_later(town: Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    loops = town.feeder("loops", FeedKind.COUNTS)
    truth: list[tuple[int, dict[str, Any]]] = []
    for step in range(6):
        begin_ms = BEGIN_MS + step * MINUTE_MS
        second(town, (begin_ms + 61_000 - town.clock.utc_ms()) // 1_000)
        loops.send(*(count(k, begin_ms) for k in range(6)))
        happens(town, step)
        second(town, 12)
        roads_are(town, step, monkeypatch)
        second(town)
        shown = as_shown(town)
        town.world.context.recorder.tick()
        truth.append((town.clock.utc_ms(), shown))
    second(town, 2 * PIECE_MS // 1_000)
    for at_ms, shown in truth:
        found = town.get(f"/v1/past/picture?at_utc_ms={at_ms}{LAMPS}")
        replayed = as_replayed(town, found["picture"])
        assert near(replayed.pop("roads"), shown["roads"])
        lit = {name: [each["stage"], each["aspects"]] for name, each in shown["lamps"].items()}
        assert {**replayed, "roads": shown["roads"]} == {**shown, "lamps": lit}
        assert found["seen_utc_ms"] == at_ms
        town.clock.pass_ms(250)
    assert len({str(shown["roads"]) for _, shown in truth}) > 2
    assert len({str(shown["overrides"]) for _, shown in truth}) > 1


def test_changes_lead_from_one_picture_to_the_next(town: Streets) -> None:
    second(town, 30)
    begin_ms = town.clock.utc_ms()
    for step in range(4):
        happens(town, step)
        second(town, 20)
    end_ms = town.clock.utc_ms()
    second(town, 20)
    picture = town.get(f"/v1/past/picture?at_utc_ms={begin_ms}{LAMPS}")["picture"]
    found = town.get(f"/v1/past/changes?after_utc_ms={begin_ms}&until_utc_ms={end_ms}{LAMPS}")
    assert found["next_utc_ms"] is None
    for moment in found["moments"]:
        assert begin_ms < moment["at_utc_ms"] <= end_ms and not moment["anew"]
        for topic, values in moment["changes"].items():
            own = picture.setdefault(topic, {})
            own.update(values)
            picture[topic] = {name: value for name, value in own.items() if value is not None}
    wanted = town.get(f"/v1/past/picture?at_utc_ms={end_ms}{LAMPS}")["picture"]
    assert {name: topic for name, topic in picture.items() if topic} == {k: v for k, v in wanted.items() if v}


def test_answers_are_bounded(town: Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal_ctrl.web.past_routes.MOST_VALUES", 2)
    second(town, 20)
    begin_ms = town.clock.utc_ms()
    second(town, 90)
    seen: list[int] = []
    after_ms: int | None = begin_ms
    while after_ms is not None:
        town.clock.pass_ms(300)
        page = town.get(f"/v1/past/changes?after_utc_ms={after_ms}&until_utc_ms={begin_ms + 60_000}{LAMPS}")
        seen += [each["at_utc_ms"] for each in page["moments"]]
        after_ms = page["next_utc_ms"]
    monkeypatch.undo()
    town.clock.pass_ms(1_000)
    whole = town.get(f"/v1/past/changes?after_utc_ms={begin_ms}&until_utc_ms={begin_ms + 60_000}{LAMPS}")
    assert seen == [each["at_utc_ms"] for each in whole["moments"]] and len(seen) > 3
    lit = [name for each in whole["moments"] for name in each["changes"].get("lamps", {})]
    assert set(lit) == {"c0"}
    town.clock.pass_ms(1_000)
    dark = town.get(f"/v1/past/changes?after_utc_ms={begin_ms}&until_utc_ms={begin_ms + 60_000}")
    assert not any("lamps" in each["changes"] for each in dark["moments"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/past/picture?at_utc_ms=5", 404),
        ("/v1/past/picture", 422),
        ("/v1/past/picture?at_utc_ms=-1", 422),
        ("/v1/past/picture?at_utc_ms=5&lamps=a/b", 422),
        ("/v1/past/picture?at_utc_ms=5" + "&lamps=c0" * 21, 422),
        ("/v1/past/changes?after_utc_ms=0&until_utc_ms=600001", 422),
        ("/v1/past/changes?after_utc_ms=9&until_utc_ms=5", 422),
        ("/v1/past/changes?after_utc_ms=0&until_utc_ms=600000", 200),
    ],
)
def test_questions_are_checked(town: Streets, path: str, status: int) -> None:
    assert town.ask("vera", "GET", path).status_code == status


def test_who_asks_too_often_or_is_nobody_waits(town: Streets) -> None:
    assert town.client.get("/v1/past").status_code == 401
    token = town.world.session("vera")
    path = "/v1/past/changes?after_utc_ms=0&until_utc_ms=1"
    codes = [town.client.request("GET", path, headers=bearer(token)).status_code for _ in range(9)]
    assert codes == [200] * 8 + [429]


def test_it_says_what_is_recorded(town: Streets) -> None:
    assert town.get("/v1/past") == {
        "first_utc_ms": None, "last_utc_ms": None, "kept_days": 30, "lamp_words": dict(WORDS),
    }  # fmt: skip
    second(town, 25)
    found = town.get("/v1/past")
    assert found["first_utc_ms"] < found["last_utc_ms"] < town.clock.utc_ms()
