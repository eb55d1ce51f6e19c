"""A PostgreSQL cluster for tests and campaigns, in a temporary folder; it listens on a socket file only."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from signal_ctrl.domain.errors import BackendError

_PLACES: Final = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt")
_OWNER: Final = "postgres"
_START_S: Final = 60


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server that runs."""

    folder: Path
    programs: Path

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{_OWNER}@/{database}?host={self.folder}"

    def control(self, *arguments: str) -> None:
        """Call `pg_ctl` for this cluster. Raises: BackendError if it fails."""
        _run([str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), *arguments], self.folder)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.control("-l", str(self.folder / "log"), "-w", "-t", str(_START_S), "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast`, or `immediate`, which is a crash."""
        self.control("-m", mode, "-w", "-t", str(_START_S), "stop")

    def create(self, database: str) -> str:
        """Make an empty database and return its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)


def programs() -> Path | None:
    """Return the folder with the server's programs, the newest; None where there is no server."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    for place in _PLACES:
        found += sorted(Path(place).glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    return next((path for path in found if (path / "postgres").exists()), None)


@contextmanager
def cluster(settings: Sequence[str] = ()) -> Iterator[Cluster]:
    """Make a cluster, run it while the block lasts, and remove it.

    Args: settings, further lines of postgresql.conf.
    Raises: BackendError if there is no server or it does not start.
    """
    at = programs()
    if at is None:
        raise BackendError("there is no PostgreSQL server here; install it (Debian: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="signal-ctrl-pg-"))
    made = Cluster(folder, at)
    try:
        _make(made, settings)
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(made: Cluster, settings: Sequence[str]) -> None:
    if os.getuid() == 0:
        shutil.chown(made.folder, _OWNER, _OWNER)
    data = made.folder / "data"
    arguments = ["-D", str(data), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    _run([str(made.programs / "initdb"), *arguments, "--data-checksums"], made.folder)
    lines = ("listen_addresses = ''", f"unix_socket_directories = '{made.folder}'", "max_connections = 60", *settings)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def _run(command: Sequence[str], folder: Path) -> None:
    """Run a program as the server's own user, for the server refuses to be root."""
    user = _OWNER if os.getuid() == 0 else None
    result = subprocess.run(
        command, cwd=folder, user=user, group=user, capture_output=True, text=True, check=False, timeout=2 * _START_S
    )
    if result.returncode != 0:
        raise BackendError(f"{Path(command[0]).name}: {' '.join((result.stderr or result.stdout).split())}")
