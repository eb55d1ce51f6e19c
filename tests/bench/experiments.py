"""Small experiments for the tests of the bench, run by the command itself."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # a shell's background ignores Ctrl-C
COMMAND = (sys.executable, "-c", f"{HEARS}; from signal_ctrl.cli.main import main; main()")
SMALL = (
    "--untuned", "--scenarios", "cologne1", "--controllers", "net,max_pressure,adaptive", "--seeds", "1-2", "--end", "25320",
)  # fmt: skip
LIMIT_S = 120.0


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `bench ...` to its end."""
    return subprocess.run(
        [*COMMAND, "bench", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=2 * LIMIT_S
    )


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `bench ...`."""
    return subprocess.Popen(
        [*COMMAND, "bench", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait until it has ended and return what it said; one that does not end in time is stopped, with all it started.

    One that is left running takes its machine and its names with it into the next tests.
    """
    try:
        return process.communicate(timeout=2 * LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise


def until(met: Callable[[], Any]) -> Any:
    """Wait until something is true and return it."""
    end_s = time.monotonic() + LIMIT_S
    while time.monotonic() < end_s:
        found = met()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{met} was never met")


def children(pid: int) -> list[int]:
    """Return the child processes of one."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def simulations(pid: int) -> list[tuple[int, int]]:
    """Return (worker, simulation) of every run that is under way below a bench."""
    below = [(worker, inner) for worker in children(pid) for inner in children(worker)]
    return [(worker, inner) for worker, inner in below if b"bench.worker" in title(inner)]


def title(pid: int) -> bytes:
    """Return the command of a process; a fork has that of its parent."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def alive(pid: int) -> bool:
    """Tell whether a process lives, and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int) -> None:
    """Kill a process as kill -9 does."""
    os.kill(pid, signal.SIGKILL)


def complete(out: Path) -> list[Path]:
    """Return the runs that stand."""
    return [path for path in sorted(out.glob("runs/*/*/result.json")) if '"complete"' in path.read_text()]


def outcome(out: Path) -> dict[str, tuple[dict[str, Any], bytes]]:
    """Return, by run, what must not differ: result.json without times of the machine, and the lamps' record."""
    found = {}
    for path in sorted(out.glob("runs/*/*/result.json")):
        result = {
            key: value for key, value in json.loads(path.read_text()).items() if key not in ("wall_s", "decision_ms")
        }
        lamps = gzip.decompress((path.parent / "tls_states.xml.gz").read_bytes())
        bare = re.sub(rb"<!--.*?-->", b"", lamps, flags=re.DOTALL)  # SUMO's date and paths
        assert len(bare) > 1000
        found[path.parent.relative_to(out).as_posix()] = (result, bare)
    return found


def leavings(out: Path) -> list[str]:
    """Return what a bench must not leave behind."""
    return [path.name for path in out.rglob("*.partial*")] + [path.name for path in out.rglob(".*.json*")]
