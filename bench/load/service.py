"""`signal-ctrl serve` as a process: started, watched from outside, stopped."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from signal_ctrl.domain.errors import BackendError

PROGRAM: Final = (sys.executable, "-c", "from signal_ctrl.cli.main import main; main()")
_LISTENING: Final = re.compile(r"listening on http://[^:]+:(\d+)")
_START_S: Final = 120.0
_STOP_S: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_MIB: Final = 1 << 20
_NS: Final = 1_000_000_000


@dataclass(slots=True)
class Service:
    """A centre that is served."""

    process: "subprocess.Popen[str]"
    port: int
    started_s: float
    memory_mib: list[tuple[float, float]] = field(default_factory=list)
    """(time since it listened [s], resident memory [MiB])"""
    _listened_s: float = field(default_factory=time.monotonic)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def look(self) -> None:
        """Note how much memory it has. Raises: BackendError if it is gone."""
        self.memory_mib.append((time.monotonic() - self._listened_s, resident_mib(self.process.pid)))


def start(
    data: Path,
    database: str,
    log: Path,
    core: int | None = None,
    more: Sequence[str] = (),
    what: Sequence[str] = ("serve",),
) -> Service:
    """Serve a data folder on a free port; whoever asked ends it.

    Args: log, file for what it writes to standard error; core, the only one that it may use; more, further options;
        what, the command: the centre's, or `parking serve`.
    Raises: BackendError if it does not start.
    """
    command = [*PROGRAM, *what, "--data", str(data), "--port", "0", *more]
    command += ["--database", database] if database else []
    begun_s = time.monotonic()
    with log.open("a", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True)
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        return Service(process, _port(process.stdout, log, begun_s + _START_S), time.monotonic() - begun_s)
    except BaseException:
        end(process)
        raise


def end(process: "subprocess.Popen[str]") -> None:
    """End a service at once, as SIGKILL does, whatever it is at."""
    if process.poll() is None:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def served(
    data: Path, database: str, log: Path, core: int | None = None, more: Sequence[str] = ()
) -> Iterator[Service]:
    """Serve a data folder while the block lasts; then stop it gracefully.

    Raises: as `start`; BackendError if it does not stop as it should.
    """
    service = start(data, database, log, core, more)
    try:
        yield service
        stop(service.process, log)
    finally:
        end(service.process)


def stop(process: "subprocess.Popen[str]", log: Path) -> None:
    """Stop a service gracefully. Raises: BackendError if it does not stop as it should."""
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(_STOP_S)
    except subprocess.TimeoutExpired as error:
        raise BackendError(f"the centre did not stop within {_STOP_S:.0f} s") from error
    if code != 0:
        raise BackendError(f"the centre ended with code {code}: {_last_words(log)}")


def _port(said: IO[str] | None, log: Path, until_s: float) -> int:
    for line in said or ():
        found = _LISTENING.search(line)
        if found is not None:
            return int(found[1])
        if time.monotonic() > until_s:
            break
    raise BackendError(f"the centre does not start: {_last_words(log)}")


def _last_words(log: Path) -> str:
    return " ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:])


def resident_mib(process: int) -> float:
    """Return the memory of a process. [MiB] Raises: BackendError if it is gone."""
    return int(_proc(process, "statm").split()[1]) * _PAGE / _MIB


def cpu_s(process: int) -> float:
    """Return the processor time that a process took. [s] Raises: BackendError if it is gone."""
    fields = _proc(process, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def waited_s(process: int) -> float:
    """Return for how long the threads of a process were ready and had no processor, summed up. [s]"""
    found = 0
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            found += int((task / "schedstat").read_text(encoding="ascii").split()[1])
        except OSError:  # the thread has ended, or the kernel does not count it
            continue
    return found / _NS


def busy_s() -> float:
    """Return the processor time that all of this machine took since its start. [s]"""
    user, nice, system, _idle, _wait, irq, soft, *_ = map(int, Path("/proc/stat").read_text("ascii").split()[1:9])
    return (user + nice + system + irq + soft) / _TICKS


def _proc(process: int, name: str) -> str:
    try:
        return Path(f"/proc/{process}/{name}").read_text(encoding="ascii")
    except OSError as error:
        raise BackendError(f"process {process} is gone") from error
