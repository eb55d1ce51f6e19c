"""How long an override takes: to be accepted by the centre, and to reach the lamps of cabinets that run as processes.

The centre, the cabinets at the street and a few dozen more that only poll are processes of their own; orders go over
HTTP. At the street a stage is held by an override; once its minimum green and everything before it are over, another
stage is held by a next one, and the time from sending that to the first change of the lamps counts.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.ledger import append_lines
from bench.link.site import trial_site
from bench.load.city import people
from bench.load.figures import spread
from bench.load.generator import Work
from bench.load.service import PROGRAM, served
from bench.load.trial import CONNECTIONS, City, city, environment, generating
from signal_ctrl.centre.identity import Role
from signal_ctrl.domain.errors import BackendError, InvalidInputError, SignalCtrlError
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient

LEDGER: Final = Path("bench/results/override_latency.jsonl")
POLL_MS: Final = 1000
LAMP_MS: Final = POLL_MS + 1000
ACCEPTED_MS: Final = 100.0
STEADY_S: Final = 12.0
"""Lamps that stood still for so long are in a green whose minimum is over: the longest intergreen is shorter. [s]"""
PATIENCE_S: Final = 30.0
LASTS_S: Final = 120
PACE_S: Final = 0.15
CLERKS: Final = 6
"""So many people issue in turn; each may ask ten times a second."""
STAGES: Final = ("main", "side")
LOOK_S: Final = 0.02
RAMP_S: Final = 10.0
"""The cabinets that poll connect within so long, before anything is measured. [s]"""


@dataclass(frozen=True, slots=True)
class Asked:
    """How many cabinets poll, how many stand at the street, and how many trials of each kind there are."""

    cabinets: int
    streets: int
    accepted: int
    lamps: int
    seed: int
    ramp_s: float = RAMP_S


class Desk:
    """One person who issues overrides."""

    def __init__(self, client: CentreClient) -> None:
        self._client = client

    def issue(self, cabinet: str, stage: str) -> tuple[str, int, float]:
        """Hold a stage; return the override, when it was sent [ms, UTC], and how long its acceptance took [ms]."""
        wish = {
            "kind": "hold_stage", "scope": {"kind": "junction", "names": [cabinet]}, "reason": "event",
            "case": "bench", "lasts_s": LASTS_S, "stage": stage,
        }  # fmt: skip
        prepared = self._client.post("/v1/override-preparations", wish)
        body = {"document": prepared["document"], "nonce": prepared["nonce"]}
        sent_ms, begun_s = time.time_ns() // 1_000_000, time.perf_counter()
        override = self._client.post("/v1/overrides", body)
        took_ms = 1000 * (time.perf_counter() - begun_s)
        if override["state"] != "active":
            raise BackendError(f"the override of {cabinet} is {override['state']}, not in force")
        return override["override_id"], sent_ms, took_ms

    def release(self, override_id: str) -> None:
        """Release an override."""
        self._client.delete(f"/v1/overrides/{override_id}")


class Street:
    """The lamps of one cabinet, as its process writes them down."""

    def __init__(self, lamps: Path) -> None:
        self._lamps = lamps

    def changes_ms(self) -> list[int]:
        """Return when the lamps changed. [ms, UTC]"""
        text = self._lamps.read_text(encoding="ascii") if self._lamps.exists() else ""
        return [int(line.split()[0]) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def wait_steady(self) -> None:
        """Wait until nothing has changed for a while. Raises: BackendError if that never comes."""
        until_s = time.monotonic() + 2 * PATIENCE_S
        while time.monotonic() < until_s:
            changes = self.changes_ms()
            if changes and time.time() * 1000 - changes[-1] > 1000 * STEADY_S:
                return
            time.sleep(0.1)
        raise BackendError(f"{self._lamps} does not come to rest in a held stage")

    def first_after(self, sent_ms: int) -> int:
        """Return the first change after a time. [ms, UTC] Raises: BackendError if none comes."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            later = [at_ms for at_ms in self.changes_ms() if at_ms > sent_ms]
            if later:
                return later[0]
            time.sleep(LOOK_S)
        raise BackendError(f"{self._lamps}: no change within {PATIENCE_S:.0f} s of an override")


@contextmanager
def at_the_street(made: City, address: str, names: Sequence[str]) -> Iterator[dict[str, Street]]:
    """Run `signal-ctrl cabinet run` for each of some cabinets while the block lasts."""
    credentials = dict(zip(names, made.credentials.read_text(encoding="ascii").splitlines(), strict=False))
    with ExitStack() as open_now:
        streets = {}
        for name in names:
            folder = made.scratch / name
            folder.mkdir()
            credential, site, lamps = folder / "credential", folder / "site.json", folder / "lamps"
            credential.touch(0o600)
            credential.write_text(credentials[name] + "\n", encoding="ascii")
            site.write_text(site_to_json(trial_site(name)), encoding="utf-8")
            command = [*PROGRAM, "cabinet", "run", "--centre", address, "--site", str(site), "--credential"]
            command += [
                str(credential),
                "--data",
                str(folder / "data"),
                "--poll-ms",
                str(POLL_MS),
                "--lamps",
                str(lamps),
            ]
            log = open_now.enter_context((folder / "log").open("wb"))
            process = open_now.enter_context(subprocess.Popen(command, stdout=log, stderr=log))
            open_now.callback(process.terminate)
            streets[name] = Street(lamps)
        yield streets


def lamp_trials(desk: Desk, cabinet: str, street: Street, count: int, dice: random.Random) -> list[float]:
    """Return how long overrides took from being sent to the lamps of a cabinet. [ms]"""
    held, _, _ = desk.issue(cabinet, STAGES[-1])
    found = []
    for k in range(count):
        street.wait_steady()
        time.sleep(dice.random() * POLL_MS / 1000)
        following, sent_ms, _ = desk.issue(cabinet, STAGES[k % len(STAGES)])
        found.append(float(street.first_after(sent_ms) - sent_ms))
        desk.release(held)
        held = following
    desk.release(held)
    return found


def acceptance_trials(desks: Sequence[Desk], cabinets: Sequence[str], count: int) -> list[float]:
    """Return how long the centre took to accept overrides. [ms]"""
    found = []
    for k in range(count):
        desk = desks[k % len(desks)]
        override_id, _, took_ms = desk.issue(cabinets[k % len(cabinets)], STAGES[0])
        found.append(took_ms)
        desk.release(override_id)
        time.sleep(PACE_S)
    return found


def measured(asked: Asked, scratch: Path) -> dict[str, Any]:
    """Carry out all trials and return the line of the ledger. Raises: BackendError if something does not run."""
    with city(scratch, "sqlite", asked.streets + asked.cabinets) as made:
        names = tuple(f"cab-{k:05d}" for k in range(asked.streets + asked.cabinets))
        tokens = people(made.data, "", Role.SUPERVISOR, max(CLERKS, asked.streets))
        with served(made.data, "", scratch / "log", None, CONNECTIONS) as service, ExitStack() as open_now:
            address = CentreAddress(service.address)
            desks = [Desk(open_now.enter_context(CentreClient(address, token))) for token in tokens]
            with _polling(made, service.port, asked):
                time.sleep(asked.ramp_s)
                accepted = acceptance_trials(desks[:CLERKS], names[asked.streets :], asked.accepted)
                lamps: list[float] = []
                if asked.streets:
                    with at_the_street(made, service.address, names[: asked.streets]) as streets:
                        lamps = _all_lamps(asked, desks, streets)
    line = {**asdict(asked), "accepted_in": spread(accepted), "lamps_in": spread(lamps), **environment()}
    key = f"override-latency-{asked.cabinets}-seed-{asked.seed}"
    return {"key": key, **line, "lamps_each_ms": lamps, "missed": misses(accepted, lamps)}


@contextmanager
def _polling(made: City, port: int, asked: Asked) -> Iterator[None]:
    """Let the cabinets that do not stand at the street poll and post while the block lasts."""
    if not asked.cabinets:
        yield
        return
    only = made.scratch / "polling"
    only.touch(0o600)
    only.write_text("\n".join(made.credentials.read_text("ascii").splitlines()[asked.streets :]) + "\n", "ascii")
    work = Work(port, str(only), str(made.journal), asked.cabinets, 3600.0, asked.seed, ramp_s=asked.ramp_s)
    with generating(work) as process:
        yield
        if process.poll() is not None:
            raise BackendError("the cabinets that poll have ended too early")


def _all_lamps(asked: Asked, desks: Sequence[Desk], streets: dict[str, Street]) -> list[float]:
    each = -(-asked.lamps // len(streets))
    with ThreadPoolExecutor(len(streets)) as pool:
        waiting = [
            pool.submit(lamp_trials, desk, name, street, each, random.Random(f"{asked.seed} {name}"))
            for desk, (name, street) in zip(desks, streets.items(), strict=False)
        ]
        return [took_ms for one in waiting for took_ms in one.result()]


def misses(accepted_ms: Sequence[float], lamps_ms: Sequence[float]) -> tuple[str, ...]:
    """Return the pass marks that were missed, in words. [ms]"""
    p99_ms, slow = float(spread(accepted_ms)["p99_ms"]), [each for each in lamps_ms if each > LAMP_MS]
    found = {
        f"accepted within {p99_ms} ms (99 %), at most {ACCEPTED_MS:.0f} ms": p99_ms > ACCEPTED_MS,
        f"{len(slow)} of {len(lamps_ms)} reached the lamps after more than {LAMP_MS} ms": bool(slow),
    }
    return tuple(words for words, missed in found.items() if missed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 if a pass mark is missed, 2 for bad input, 3 if the machine fails."""
    parser = argparse.ArgumentParser(prog="python -m bench.override_latency", description=__doc__)
    parser.add_argument("--cabinets", type=int, default=30, help="that poll and post beside those at the street")
    parser.add_argument("--streets", type=int, default=6, help="cabinets as processes")
    parser.add_argument("--accepted", type=int, default=200, help="trials of the acceptance")
    parser.add_argument("--lamps", type=int, default=30, help="trials to the lamps, shared among the streets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    given = parser.parse_args(arguments)
    asked = Asked(given.cabinets, given.streets, given.accepted, given.lamps, given.seed)
    try:
        with tempfile.TemporaryDirectory(prefix="signal-ctrl-override-") as scratch:
            line = measured(asked, Path(scratch))
        append_lines(given.ledger, [line])
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.override_latency: {error}\n")
        return 2 if isinstance(error, InvalidInputError) else 3
    for name, what in (("accepted_in", "accepted"), ("lamps_in", "at the lamps")):
        found = line[name]
        sys.stdout.write(
            f"{what:13} {found['count']:5}  p50 {found['p50_ms']:8.1f} ms  p99 {found['p99_ms']:8.1f} ms"
            f"  max {found['max_ms']:8.1f} ms\n"
        )
    sys.stdout.write("".join(f"missed: {words}\n" for words in line["missed"]) or "pass\n")
    return int(bool(line["missed"]))


if __name__ == "__main__":
    sys.exit(main())
