"""A store that is full or has failed, over HTTP: no false 2xx, polls are answered, releases work (SAFETY part D)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.centre_app import bearer, contents
from bench.link.site import trial_plan, trial_site
from bench.link.world import LinkWorld
from bench.local_client import LocalClient
from signal_ctrl.cabinet.ports import Ask
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.centre.identity import Role
from signal_ctrl.centre.ports import Importance
from signal_ctrl.domain.errors import StorageFailedError, StorageFullError
from signal_ctrl.domain.link.reports import Batch, Report, ReportKind, batch_to_bytes
from tests.signal_ctrl.web.test_centre_routes import WISH

BOOT = "ab" * 16
BROKEN = [(StorageFullError("no space left"), 507), (StorageFailedError("a sync has failed"), 503)]


class Town:
    """A centre with one cabinet that polls, an operator and a viewer who are logged in, and a store that can break."""

    def __init__(self, world: LinkWorld, client: LocalClient) -> None:
        self.world, self.client = world, client
        self.cabin = world.add("cab-1")
        world.order(self.cabin, trial_plan(trial_site("cab-1")))
        self.signer = Signer("cab-1", self.cabin.credential.key, BOOT, world.clock, world.random.randbytes)
        self.olga, self.vera = (bearer(world.world.person(role)) for role in (Role.OPERATOR, Role.VIEWER))

    def poll(self, etag: str = "") -> Any:
        self.world.clock.pass_ms(1_000)
        return self.world.wire.carry(self.signer.ask("GET", "/v1/cabinets/cab-1/plan", etag=etag))

    def post(self, path: str, body: bytes) -> Any:
        self.world.clock.pass_ms(1_000)
        ask: Ask = self.signer.ask("POST", f"/v1/cabinets/cab-1/{path}", body=body)
        return self.world.wire.carry(ask)

    def prepared(self) -> dict[str, Any]:
        wish = WISH | {"scope": {"kind": "junction", "names": ["cab-1"]}}
        answer = self.client.post("/v1/override-preparations", json=wish, headers=self.olga)
        assert answer.status_code == 200, answer.text
        return {"document": answer.json()["document"], "nonce": answer.json()["nonce"]}

    def issued(self) -> str:
        answer = self.client.post("/v1/overrides", json=self.prepared(), headers=self.olga)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["override_id"])

    def breaks(self, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
        def check(_importance: Importance) -> None:
            raise error

        monkeypatch.setattr(self.world.world.store._writer.disk, "check", check)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    world = LinkWorld(tmp_path)
    with LocalClient(world.world.app) as client:
        yield Town(world, client)
    world.close()


def events(sequence: int, kind: ReportKind) -> bytes:
    return batch_to_bytes(Batch("cab-1", BOOT, sequence, (Report(kind, 1_800_000_000_000, "trial", "a lamp"),)))


@pytest.mark.parametrize(("error", "status"), BROKEN, ids=["full", "failed"])
def test_writes_are_refused_polls_are_answered_and_a_release_works(
    town: Town, error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    override, another = town.issued(), town.prepared()
    whole = town.poll()
    assert whole.status == 200 and override.encode() in whole.body
    before = contents(town.world.world.store, but=())
    town.breaks(error, monkeypatch)

    assert town.poll(whole.header("etag").strip('"')).status == 304
    for kind in (ReportKind.EVENT, ReportKind.FAULT):
        refused = town.post("events", events(1, kind))
        assert refused.status == status and b"error_id" in refused.body
    answer = town.client.post("/v1/overrides", json=another, headers=town.olga)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert ("retry-after" in answer.headers) is (status == 503)
    assert town.client.get("/v1/overrides", headers=town.vera).status_code == 200
    assert contents(town.world.world.store, but=()) == before, "nothing of what was refused is there"

    released = town.client.delete(f"/v1/overrides/{override}", headers=town.olga)
    assert released.status_code == 200 and released.json()["late"] is True
    after = town.poll(whole.header("etag").strip('"'))
    assert after.status == 200 and override.encode() not in after.body, "the cabinet hears of it"

    monkeypatch.undo()
    town.world.world.centre.tick()
    records = [one.record for one in town.world.world.store.read(lambda r: r.audit.last(20))]
    assert next((one.action, one.late) for one in records if one.object.endswith(override)) == ("end override", True)
    assert town.post("events", events(1, ReportKind.FAULT)).status == 200
