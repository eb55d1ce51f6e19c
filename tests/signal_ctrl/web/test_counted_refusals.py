"""Every 429 is counted, of people and of cabinets (SAFETY part E, rates)."""

from pathlib import Path

from bench.centre_app import bearer
from bench.link.world import LinkWorld
from bench.local_client import LocalClient
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.centre.identity import Role


def counted(text: str, name: str, *labels: str) -> float:
    """Return the sum of the samples of a metric that have these labels."""
    lines = [line for line in text.splitlines() if line.startswith(f"{name}{{") and all(one in line for one in labels)]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def test_every_429_is_counted(tmp_path: Path) -> None:
    world = LinkWorld(tmp_path)
    cabin = world.add("cab-1")
    signer = Signer("cab-1", cabin.credential.key, "ab" * 16, world.clock, world.random.randbytes)
    asks = [signer.ask("GET", "/v1/cabinets/cab-1/plan") for _ in range(25)]
    statuses = [world.wire.carry(ask).status for ask in asks]
    assert (statuses.count(200), statuses.count(429)) == (20, 5), "5 a second, 20 at once"
    with LocalClient(world.world.app) as client:
        token = bearer(world.world.person(Role.VIEWER))
        answers = [client.get("/v1/me", headers=token).status_code for _ in range(24)]
        assert (answers.count(200), answers.count(429)) == (20, 4), "10 a second, 20 at once"
        text = client.get("/metrics").text
    world.close()
    assert counted(text, "signal_ctrl_refused_total", 'limit="cabinet"') == 5
    assert counted(text, "signal_ctrl_refused_total", 'limit="person"') == 4
    assert counted(text, "signal_ctrl_requests_total", 'route="/v1/me"', 'status="429"') == 4
    assert counted(text, "signal_ctrl_requests_total", 'route="/v1/cabinets/{cabinet}/plan"', 'status="429"') == 5
