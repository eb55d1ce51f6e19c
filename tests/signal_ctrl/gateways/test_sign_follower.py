"""Signs at the street: what they show follows the centre, and nothing stands on them that nobody confirms."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.cli import sign_following
from signal_ctrl.cli.sign_following import Following, follow_signs
from signal_ctrl.domain.errors import BackendError, BackendLostError, InvalidInputError
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.gateways.sign_follower import FORMAT, SignFollower
from signal_ctrl.watch.diversion.board import VALID_MS
from signal_ctrl.watch.diversion.guidance import guidance_to_json
from signal_ctrl.watch.feeds.values import FeedKind
from tests.signal_ctrl.watch.diversion.small_town import guidance, town
from tests.signal_ctrl.watch.streets import BEGIN_MS, Feeder, Streets, count, streets

CLOSED = "前方封闭"


class Wire:
    """Carries to the town, or nowhere."""

    def __init__(self, there: Streets) -> None:
        self.there, self.cut, self.damage = there, False, b""

    def carry(self, ask: Ask) -> Answer:
        if self.cut:
            raise BackendLostError("cut")
        found = self.there.client.request(ask.method, ask.target, headers=dict(ask.headers))
        return Answer(found.status_code, dict(found.headers), found.content + self.damage)


class Post:
    """A sign controller with its follower."""

    def __init__(self, there: Streets, feeder: Feeder) -> None:
        self.wire, self.documents = Wire(there), list[dict[str, Any]]()
        self.follower = SignFollower(self.wire, feeder.signer, there.clock, self._put)
        self._clock = there.clock

    def _put(self, text: str) -> None:
        self.documents.append(json.loads(text))

    def texts(self) -> dict[str, str]:
        self._clock.pass_ms(100)
        self.follower.poll()
        return self.faces()

    def faces(self) -> dict[str, str]:
        return {face.sign_id: face.zh for face in self.follower.look()}


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Streets]:
    with streets(tmp_path) as made:
        made.network = town()
        made.import_roads()
        document = json.loads(guidance_to_json(guidance())) | {"signals": []}
        assert made.ask("eve", "POST", "/v1/signs", {"document": document}).status_code == 201
        yield made


def says(there: Streets, minutes: int) -> None:
    begin_ms = there.clock.utc_ms()
    text = SignText("vms-1", MessageKind.SAFETY, CLOSED, "Road closed", begin_ms, begin_ms + minutes * 60_000, "police")
    there.watch.diversions.board.add(lambda _now: (text,))


def test_a_sign_follows_the_centre_and_goes_blank_when_it_is_lost(there: Streets) -> None:
    post = Post(there, there.feeder("gantry", FeedKind.SIGNS))
    assert post.texts() == {"vms-1": "", "vms-2": ""}
    says(there, 30)
    assert post.texts() == {"vms-1": CLOSED, "vms-2": ""}
    post.wire.cut = True
    there.clock.pass_ms(VALID_MS - 1000)
    assert post.faces()["vms-1"] == CLOSED and not post.follower.poll()
    there.clock.pass_ms(1000)
    assert post.faces()["vms-1"] == ""
    post.wire.cut = False
    assert post.texts()["vms-1"] == CLOSED
    assert [one["signs"][0]["zh"] for one in post.documents] == ["", CLOSED, "", CLOSED]
    assert {one["format"] for one in post.documents} == {FORMAT}


def test_a_wall_clock_that_jumps_leaves_no_text_standing(there: Streets) -> None:
    post = Post(there, there.feeder("gantry", FeedKind.SIGNS))
    says(there, 30)
    assert post.texts()["vms-1"]
    there.clock.set_wall_ms(there.clock.utc_ms() - 3_600_000)
    there.clock.pass_ms(VALID_MS)
    assert post.faces()["vms-1"] == ""


def test_who_sets_signs_sees_its_own_alone_and_posts_nothing(there: Streets) -> None:
    gantry = there.feeder("gantry", FeedKind.SIGNS, only=("vms-2",))
    assert Post(there, gantry).texts() == {"vms-2": ""}
    refused = gantry.post(gantry.body([count(0, BEGIN_MS)]))
    assert refused.status_code == 422 and "sets signs" in refused.text
    loops = Post(there, there.feeder("loops", FeedKind.COUNTS))
    with pytest.raises(InvalidInputError, match="look at the credential"):
        loops.texts()


def test_an_answer_that_was_changed_on_the_way_is_not_shown(there: Streets) -> None:
    post = Post(there, there.feeder("gantry", FeedKind.SIGNS))
    says(there, 30)
    post.wire.damage = b" "
    with pytest.raises(BackendError, match="not the centre's"):
        post.texts()
    assert post.faces() == {}


def test_the_centre_notices_when_nobody_sets_its_signs(there: Streets) -> None:
    Post(there, there.feeder("gantry", FeedKind.SIGNS)).texts()
    there.passes(4 * 60_000)
    live = there.world.store.read(lambda r: alarms(r, subject="gantry"))
    assert [each.kind for each in live] == ["silent feed"]


def test_no_text_is_left_behind_when_the_centre_refuses_or_following_ends(
    there: Streets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeder, out = there.feeder("gantry", FeedKind.SIGNS), tmp_path / "signs.json"
    says(there, 60)
    wire = Wire(there)
    wire.close = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr(sign_following, "CabinetWire", lambda *_: wire)
    monkeypatch.setattr(sign_following, "Signer", lambda *_: feeder.signer)
    monkeypatch.setattr(sign_following, "read_credential", lambda _: Credential("gantry", bytes(32), bytes(32)))
    monkeypatch.setattr(sign_following.time, "sleep", lambda _: there.clock.pass_ms(100))
    following = Following("", Path(), out, None, 0.0, once=False)

    def texts() -> list[str]:
        return [each["zh"] for each in json.loads(out.read_text("utf-8"))["signs"]]

    faces = follow_signs(following)
    assert next(faces).zh == CLOSED and texts() == [CLOSED, ""]
    there.watch.feeds.revoke("root", "gantry")
    with pytest.raises(InvalidInputError, match="refused"):
        list(faces)
    assert texts() == ["", ""]
