"""The same experiment over a Ray cluster that the test starts on loopback and stops again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.experiments import alive, bench, children, ended, leavings, outcome, started, title, until

pytestmark = [pytest.mark.sumo, pytest.mark.slow]
FEW = ("--scenarios", "cologne1", "--controllers", "net,adaptive", "--seeds", "1-2", "--end", "25320")
LOOPBACK = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""The second keeps Ray on 127.0.0.1 on every system."""
HEAD = (
    "start", "--head", "--block", "--node-ip-address=127.0.0.1", "--num-cpus=2",
    "--include-dashboard=false", "--disable-usage-stats", "--object-store-memory=100000000",
)  # fmt: skip


def family(pid: int) -> list[int]:
    """Return every process below one."""
    return [each for child in children(pid) for each in (child, *family(child))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("r")  # short: Ray keeps sockets in it
    port = free_port()
    command = [str(Path(sys.executable).with_name("ray")), *HEAD, f"--port={port}", f"--temp-dir={folder}"]
    for name, value in (LOOPBACK | {"RAY_ADDRESS": f"127.0.0.1:{port}"}).items():
        monkeypatch.setenv(name, value)
    below: list[int] = []
    with (folder / "log").open("wb") as log:
        head = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            until(lambda: head.poll() is not None or b"runtime started" in (folder / "log").read_bytes())
            assert head.poll() is None, (folder / "log").read_text()
            below += family(head.pid)
            yield head.pid
        finally:
            head.send_signal(signal.SIGTERM)
            head.wait(30)
            for pid in below:
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)


def makers(pid: int) -> list[int]:
    """Return the Ray workers that are at a run."""
    return [each for each in family(pid) if b"RemoteWorker.make" in title(each)]


def test_ray_changes_nothing_though_one_of_its_workers_is_killed(cluster: int, tmp_path: Path) -> None:
    process = started(tmp_path, "run", *FEW, "--engine", "ray", "--out", "ray")
    os.kill(until(lambda: makers(cluster))[0], signal.SIGKILL)
    _, errors = ended(process)
    assert process.returncode == 0, errors
    assert bench(tmp_path, "run", *FEW, "--workers", "1", "--out", "here").returncode == 0
    assert len(outcome(tmp_path / "ray")) == 4
    assert outcome(tmp_path / "ray") == outcome(tmp_path / "here")
    assert leavings(tmp_path / "ray") == []
    assert len(list(tmp_path.glob("ray/evidence/*/*/measures.json"))) == 4


def test_without_a_cluster_the_fix_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    done = bench(tmp_path, "run", *FEW, "--engine", "ray", "--out", "e")
    assert (done.returncode, "ray start --head" in done.stderr) == (2, True), done.stderr
