"""Car parks beside a city to be pictured: the parking service as a process, and sensors that speak for its spaces.

The simulated city tells nothing of its car parks, so their sensors are made up: each space is taken by a share that is
drawn once for its car park, from nearly empty to full, and what a sensor says is sent again before it is old.
"""

import json
import random
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.load.service import PROGRAM
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.parking.facilities import Facilities
from sumo_scenarios.parking_areas import facilities_of

AGAIN_S: Final = 120.0
"""A sensor that has not spoken for five minutes is not believed. [s]"""
_START_S: Final = 60.0
_SEED: Final = 1


class Beside(NamedTuple):
    """Where the parking service is, and what the centre signs with there."""

    address: str
    credential: Path

    @property
    def options(self) -> tuple[str, ...]:
        """What `demo --city` is told of it."""
        return "--parking", self.address, "--parking-credential", str(self.credential)


@contextmanager
def car_parks(scenario: str, folder: Path) -> Iterator[Beside | None]:
    """Run the parking service with the car parks of a scenario while the block lasts; None where it has none.

    Raises: BackendError if it does not start or take what it is told.
    """
    try:
        facilities = facilities_of(scenario)
    except InvalidInputError:
        yield None
        return
    data, over = folder / "parking", threading.Event()
    command = [*PROGRAM, "parking", "serve", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            said = process.stdout or ()
            address = next((line.split()[-1] for line in said if line.startswith("listening on ")), None)
            if address is None:
                raise BackendError("the parking service does not start; 'signal-ctrl parking serve' says why")
            sensors = threading.Thread(target=_speak, args=(facilities, address, folder, over))
            yield _furnished(scenario, address, data, folder, sensors)
        finally:
            over.set()
            process.kill()


def _furnished(scenario: str, address: str, data: Path, folder: Path, sensors: threading.Thread) -> Beside:
    """Put the car parks in force, make the credentials, have the sensors speak."""
    office = ["--service", address, "--credential", str(data / "first-office.json")]
    document, centre = folder / "parking.json", folder / "centre.json"
    _told(["facilities", "import", scenario, "--out", str(document)])
    _told(["facilities", "import", str(document), *office])
    _told(["credential", "add", "centre", "--kind", "centre", "--out", str(centre), *office])
    _told(["credential", "add", "s1", "--kind", "sensors", "--out", str(folder / "s1.json"), *office])
    sensors.start()
    return Beside(address, centre)


def _speak(facilities: Facilities, address: str, folder: Path, over: threading.Event) -> None:
    """Send what every sensor says, again and again."""
    path = folder / "readings.jsonl"
    while True:
        path.write_text("\n".join(readings(facilities, time.time_ns() // 1_000_000)), encoding="utf-8")
        _told(["send", str(path), "--service", address, "--credential", str(folder / "s1.json")])
        if over.wait(AGAIN_S):
            return


def readings(facilities: Facilities, utc_ms: int) -> list[str]:
    """Return what every space's sensor says at a time, the same at each time. [ms]"""
    chance, found = random.Random(_SEED), list[str]()
    for each in facilities.facilities:
        share = chance.uniform(0.2, 1.1)
        for number in (number for section in each.sections for number in section.numbers):
            row = {"kind": "space", "facility": each.facility, "space": number, "utc_ms": utc_ms}
            found.append(json.dumps(row | {"occupied": chance.random() < share}))
    return found


def _told(arguments: Sequence[str]) -> None:
    """Raises: BackendError with what `signal-ctrl parking` complains of."""
    done = subprocess.run(
        [*PROGRAM, "parking", *arguments], capture_output=True, text=True, timeout=_START_S, check=False
    )
    if done.returncode != 0:
        raise BackendError(f"parking {' '.join(arguments[:2])}: {done.stderr.strip()[-300:]}")
