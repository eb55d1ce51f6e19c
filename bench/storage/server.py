"""A PostgreSQL cluster for tests and campaigns, in a temporary folder; it listens on a socket file only."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from signal_ctrl.domain.errors import BackendError

_PLACES: Final = ("/usr/lib/postgresql", "/usr/local/lib/postgresql")
_OWNER: Final = "postgres"
_START_S: Final = 60


class Cluster:
    """A server that runs as a child of this process."""

    def __init__(self, folder: Path, programs_in: Path) -> None:
        self.folder = folder
        self.programs = programs_in
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{_OWNER}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises: BackendError if it does not within a minute."""
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=_user(), group=_user(), cwd=self.folder, stderr=log)
        end_s = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end_s:
                raise BackendError(f"the server does not start: {self._last_words()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill the server with all its processes, as the kernel does when memory runs out."""
        if self._process is None:
            return
        family = [self._process.pid, *_children_of(self._process.pid)]
        for member in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        self._process.wait()
        self._process = None
        while any(_is_alive(member) for member in family[1:]):
            time.sleep(0.005)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _last_words(self) -> str:
        return " ".join((self.folder / "log").read_text(encoding="utf-8", errors="replace").split()[-40:])

    def create(self, database: str) -> str:
        """Make an empty database and return its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)

    def empty(self, database: str) -> None:
        """Take everything out of a database that `create` made, and send away who is still connected to it."""
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(others, (database,))
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")


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
            made.kill()
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
    result = subprocess.run(
        command, cwd=folder, user=_user(), group=_user(), capture_output=True, text=True, check=False, timeout=_START_S
    )
    if result.returncode != 0:
        raise BackendError(f"{Path(command[0]).name}: {' '.join((result.stderr or result.stdout).split())}")


def _user() -> str | None:
    return _OWNER if os.getuid() == 0 else None


def _children_of(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
