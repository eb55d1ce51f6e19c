"""A centre that is served, people with passwords, cabinets that run as processes: what a browser is shown."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyotp
import pytest
from argon2 import PasswordHasher

from bench.centre_app import World, memory_world
from bench.link.site import trial_site
from bench.load.service import PROGRAM
from signal_ctrl.centre import passwords
from signal_ctrl.centre.cabinets import Place as Where
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.networks import import_network
from signal_ctrl.domain.link.credential import credential_to_json
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.web.server import Place, make_server
from signal_ctrl.web.settings import Settings

PASSWORD: Final = "a long enough passphrase of the town"
PEOPLE: Final = {
    "olga": Role.OPERATOR,
    "otto": Role.OPERATOR,
    "sam": Role.SUPERVISOR,
    "sue": Role.SUPERVISOR,
    "tina": Role.SUPERVISOR,
    "tom": Role.SUPERVISOR,
    "vera": Role.VIEWER,
    "eve": Role.ENGINEER,
}
CODE_LASTS_S: Final = 30
STREETS: Final = (
    '{"type":"FeatureCollection","features":['
    '{"type":"Feature","geometry":{"type":"LineString","coordinates":[[11.40,48.76],[11.44,48.76]]},'
    '"properties":{"kind":"street","id":"main","lanes":2}},'
    '{"type":"Feature","geometry":{"type":"LineString","coordinates":[[11.42,48.75],[11.42,48.77]]},'
    '"properties":{"kind":"street","id":"side","lanes":1}}]}'
)


@dataclass
class Town:
    """A served centre. `last_step`, the steps of one-time codes that were used, since none counts twice."""

    world: World
    address: str
    server: Any
    folder: Path
    last_step: dict[str, int] = field(default_factory=dict)

    def invite(self, login: str) -> str:
        """Add an account and return its invitation."""
        return self.world.identity.accounts.add(login, PEOPLE[login], None, "test")

    def enrolled(self, login: str) -> None:
        """Add an account with a password and a second factor."""
        self.world.identity.accounts.take_invitation(login, self.invite(login), PASSWORD)
        self.world.set_factor(login)

    def code(self, login: str, secret: str = "") -> str:
        """Return a one-time code that was not used yet: of this step or of the next one, which counts already."""
        totp = pyotp.TOTP(secret or self.world.secrets[login])
        while self.last_step.get(login, 0) > time.time() // CODE_LASTS_S:
            time.sleep(0.2)
        self.last_step[login] = max(self.last_step.get(login, 0) + 1, int(time.time()) // CODE_LASTS_S)
        return totp.generate_otp(self.last_step[login])

    def cabinet(self, name: str, lon: float | None, lat: float | None) -> str:
        """Enrol a cabinet and return the document of its credential."""
        where = Where("d0", "main", "Main Street", lon, lat)
        return credential_to_json(self.world.links.enrol("test", name, site_text_of(name), where))

    @contextmanager
    def street(self, name: str, lon: float, lat: float) -> Iterator[Path]:
        """Run a cabinet as a process while the block lasts; its lamps are written to the file."""
        folder = self.folder / name
        folder.mkdir()
        credential, site, lamps = folder / "credential", folder / "site.json", folder / "lamps"
        credential.touch(0o600)
        credential.write_text(self.cabinet(name, lon, lat) + "\n", encoding="ascii")
        site.write_text(site_text_of(name), encoding="utf-8")
        command = [*PROGRAM, "cabinet", "run", "--centre", self.address, "--site", str(site)]
        command += ["--credential", str(credential), "--data", str(folder / "data"), "--poll-ms", "1000"]
        command += ["--lamps", str(lamps)]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                yield lamps
            finally:
                process.terminate()


def site_text_of(name: str) -> str:
    """Return the document of a small site."""
    return site_to_json(trial_site(name))


@contextmanager
def living_town(folder: Path, port: int = 0, reports: Path | None = None) -> Iterator[Town]:
    """Serve a centre in memory, on the real clock, while the block lasts."""
    clock = SystemClock()
    world = memory_world(clock, folder, Settings(secure=False, reports=reports))
    engineer = Actor("engineer", Role.ENGINEER, second_factor_utc_ms=clock.utc_ms())
    import_network(world.centre.desk, engineer, STREETS)
    with ExitStack() as open_now:
        open_now.callback(world.store.close)
        ready, ports = threading.Event(), list[int]()

        def listening(at: int) -> None:
            ports.append(at)
            ready.set()

        server = make_server(world.front, Place(port=port), listening, world.context.hub.close)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
        thread.start()
        open_now.callback(thread.join, 20)
        open_now.callback(setattr, server, "should_exit", True)
        over = threading.Event()
        open_now.callback(over.set)
        ticking = threading.Thread(target=_tick, args=(world, over))
        ticking.start()
        open_now.callback(ticking.join, 20)
        open_now.callback(over.set)
        if not ready.wait(20):
            raise TimeoutError("the centre does not listen")
        yield Town(world, f"http://127.0.0.1:{ports[0]}", server, folder)


@contextmanager
def quick_town(folder: Path, *logins: str, reports: Path | None = None) -> Iterator[Town]:
    """Serve a centre where people with these logins are enrolled, and whose passwords take no time to look at."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))
        with living_town(folder, reports=reports) as made:
            for login in logins:
                made.enrolled(login)
            yield made


def _tick(world: World, over: threading.Event) -> None:
    while not over.wait(0.5):
        world.centre.tick()
        world.watch.tick()


if __name__ == "__main__":  # a town to look at: its people, and their codes when Enter is pressed
    import tempfile

    with tempfile.TemporaryDirectory() as scratch, living_town(Path(scratch), 8099) as town:
        for each in PEOPLE:
            town.enrolled(each)
        with town.street("j1", 11.41, 48.76), town.street("j2", 11.42, 48.76):
            town.cabinet("j3", 11.43, 48.76)
            for _ in sys.stdin:
                sys.stdout.write(f"{town.address} {[(each, town.code(each)) for each in PEOPLE]}\n")
