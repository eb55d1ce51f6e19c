"""Processor time of processes and of what they started, and the town as a process."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load.service import cpu_s
from signal_ctrl.domain.errors import BackendError


@dataclass(frozen=True, slots=True)
class Town:
    """A centre that runs: its process, the address of its page, tokens for clients."""

    pid: int
    address: str
    tokens: tuple[str, ...]


@contextmanager
def running_town(junctions: int, clients: int = 0, more: Sequence[str] = ()) -> Iterator[Town]:
    """Run a centre while the block lasts. Raises: BackendError if it does not start."""
    command = [sys.executable, "-m", "bench.page_load.town", "--junctions", str(junctions), "--clients", str(clients)]
    with subprocess.Popen(
        [*command, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line:
                raise BackendError("the centre of the measurement does not start")
            said = json.loads(line)
            yield Town(process.pid, said["address"], tuple(said["tokens"]))
        finally:
            process.kill()


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they started."""
    parents: dict[int, list[int]] = {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                fields = (each / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            parents.setdefault(int(fields[1]), []).append(int(each.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def drawing_processes(pid: int) -> list[int]:
    """Return those descendants of a process that are Chromium's renderers and its GPU process."""
    found = []
    for each in descendants(pid):
        try:
            words = Path(f"/proc/{each}/cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if "--type=renderer" in words or "--type=gpu-process" in words:
            found.append(each)
    return found


def total_cpu_s(pids: Sequence[int]) -> float:
    """Return the processor time of processes together; one that has ended counts no more. [s]"""
    total = 0.0
    for pid in pids:
        try:
            total += cpu_s(pid)
        except BackendError:
            continue
    return total
