"""One trial: a city enrolled, its centre served, the generator run against it, the journal compared after the stop."""

import json
import os
import platform
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench.demo import commit
from bench.load.city import enrol, names_of
from bench.load.figures import growth
from bench.load.generator import COUNTS_EACH, GROUPS, RAMP_S, Work
from bench.load.journal import acknowledged_in, compare, kept_in
from bench.load.service import Service, busy_s, cpu_s, served, waited_s
from bench.storage.server import cluster
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.link.credential import credential_to_json

STORES: Final = ("sqlite", "postgresql")
LOOK_S: Final = 1.0
SETTLED_S: Final = 60.0
"""Memory is compared with what it was so long after the begin of the load, or a third of a shorter trial. [s]"""
MORE_S: Final = 60.0
"""A generator that takes so much longer than asked has failed. [s]"""
CONNECTIONS: Final = ("--connections-per-address", "25000")
"""All cabinets of a trial have one address."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a trial. `cores`: of the centre and of the generator, None for all that there are. [s]"""

    cabinets: int
    lasts_s: float
    seed: int
    store: str = "sqlite"
    cores: tuple[int, int] | None = None
    ramp_s: float = RAMP_S


@dataclass(frozen=True, slots=True)
class City:
    """A data folder with enrolled cabinets, in a scratch folder."""

    scratch: Path
    database: str
    enrolled_s: float

    @property
    def data(self) -> Path:
        """The data folder of the centre."""
        return self.scratch / "data"

    @property
    def credentials(self) -> Path:
        """The credentials of all cabinets, one a line."""
        return self.scratch / "credentials"

    @property
    def journal(self) -> Path:
        """What was acknowledged to the generator of the last run."""
        return self.scratch / "journal"


@contextmanager
def city(scratch: Path, store: str, cabinets: int) -> Iterator[City]:
    """Enrol cabinets in a new centre, with a database server of its own where one is asked for."""
    with cluster() if store == "postgresql" else nullcontext() as server:
        made = City(scratch, server.create("load") if server is not None else "", 0.0)
        begun_s = time.monotonic()
        credentials = enrol(made.data, made.database, names_of(cabinets))
        made.credentials.touch(0o600)
        made.credentials.write_text("".join(credential_to_json(each) + "\n" for each in credentials), encoding="ascii")
        yield replace(made, enrolled_s=round(time.monotonic() - begun_s, 1))


def trial(asked: Asked, scratch: Path) -> dict[str, Any]:
    """Carry out a trial and return its line of the ledger. Raises: BackendError if something does not run."""
    with city(scratch, asked.store, asked.cabinets) as made:
        core = asked.cores[0] if asked.cores is not None else None
        with served(made.data, made.database, scratch / "log", core, CONNECTIONS) as service:
            found = loaded(asked, made, service)
        found["log_bytes"] = (scratch / "log").stat().st_size
        kept = kept_in(made.data, made.database)
    compared = compare(acknowledged_in(made.journal), kept, COUNTS_EACH, len(GROUPS))
    head = {"enrolled_s": made.enrolled_s, "started_s": round(service.started_s, 1)}
    return {**asdict(asked), **found, **head, **asdict(compared), **environment()}


def loaded(asked: Asked, made: City, service: Service) -> dict[str, Any]:
    """Load a served centre and return the figures of generator, processors and memory."""
    work = Work(
        port=service.port,
        credentials=str(made.credentials),
        journal=str(made.journal),
        cabinets=asked.cabinets,
        lasts_s=asked.lasts_s,
        seed=asked.seed,
        core=asked.cores[1] if asked.cores is not None else None,
        ramp_s=asked.ramp_s,
    )
    process = service.process.pid
    begun_s, own_s, ready_s, all_s = time.monotonic(), cpu_s(process), waited_s(process), busy_s()
    first = len(service.memory_mib)
    found = _generated(work, service)
    wall_s = time.monotonic() - begun_s
    memory = service.memory_mib[first:]
    start_s = memory[0][0] + min(SETTLED_S, asked.lasts_s / 3) + asked.ramp_s
    return found | {
        "centre_cpu_share": round((cpu_s(process) - own_s) / wall_s, 3),
        "centre_waited_share": round((waited_s(process) - ready_s) / wall_s, 3),
        "machine_cpu_share": round((busy_s() - all_s) / wall_s / (os.cpu_count() or 1), 3),
        "memory_mib": [round(mib, 1) for mib in _at_minutes(memory)],
        "memory_growth": round(growth(memory, start_s), 4),
    }


@contextmanager
def generating(work: Work) -> Iterator["subprocess.Popen[str]"]:
    """Run a generator while the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load.generator"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        json.dump(asdict(work), process.stdin)
        process.stdin.close()
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _generated(work: Work, service: Service) -> dict[str, Any]:
    """Run the generator and look at the centre meanwhile. Raises: BackendError if one of them fails."""
    with generating(work) as process:
        until_s = time.monotonic() + work.ramp_s + work.lasts_s + MORE_S
        while process.poll() is None and time.monotonic() < until_s:
            service.look()
            time.sleep(LOOK_S)
        if process.poll() is None:
            raise BackendError("the generator did not end in time")
        said = process.stdout.read() if process.stdout is not None else ""
    if process.returncode:
        raise BackendError(f"the generator ended with code {process.returncode}")
    result: dict[str, Any] = json.loads(said)
    return result


def _at_minutes(memory: Sequence[tuple[float, float]]) -> list[float]:
    """Return the memory at each minute since the first look, and at the last one. [MiB]"""
    first_s = memory[0][0]
    found: dict[int, float] = {}
    for at_s, mib in memory:
        found.setdefault(int((at_s - first_s) // 60), mib)
    return [*found.values(), memory[-1][1]]


def environment() -> dict[str, Any]:
    """Return what the figures depend on beside the code."""
    return {
        "commit": commit(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "processor": processor(),
        "cores_here": os.cpu_count(),
        "machine": platform.machine(),
    }


def processor() -> str:
    """Return the name of the processor, as the kernel knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
