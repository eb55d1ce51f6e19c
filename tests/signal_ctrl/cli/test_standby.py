"""The lease of a served centre, and jobs that run aside."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from signal_ctrl.cli.aside import Aside
from signal_ctrl.cli.main import call
from signal_ctrl.cli.standby import Standby
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.stores.opening import open_postgres


def epoch_written(store) -> int:
    return store.write(lambda t: (t.record("ann", "note", "x", "done", 1), t.epoch)[1])


def test_one_serves_and_the_other_waits_until_it_gives_the_lease_back(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    address = new_database()
    first, second = (Standby(tmp_path / name, address, name) for name in "ab")
    begun, epochs = threading.Event(), []

    def wait() -> None:
        with second.held():
            store = open_postgres(tmp_path / "b", address, 4096)
            second.guard(store)
            epochs.append(epoch_written(store))
            store.close()

    waiting = threading.Thread(target=wait)
    with first.held():
        store = open_postgres(tmp_path / "a", address, 4096)
        first.guard(store)
        waiting.start()
        assert not begun.wait(0.6)
        epochs.append(epoch_written(store))
        store.close()
    waiting.join(20)
    assert epochs == [2, 3]
    assert not waiting.is_alive()


def test_a_server_ends_when_another_centre_has_taken_over(tmp_path: Path, new_database: Callable[[], str]) -> None:
    address = new_database()
    standby = Standby(tmp_path / "a", address, "a")
    server = SimpleNamespace(should_exit=False)
    with standby.held():
        standby.when_lost(server)
        with psycopg.connect(address) as connection:
            connection.execute("UPDATE leases SET holder = 'b', epoch = epoch + 1")
        for _ in range(100):
            if server.should_exit:
                break
            threading.Event().wait(0.1)
    assert server.should_exit
    assert standby.is_lost


def test_a_lease_takes_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["serve", "--data", str(tmp_path / "a"), "--lease", "a"]) == 2
    assert "give --database too" in capsys.readouterr().err


def test_a_job_aside_never_runs_twice_at_once_and_tells_afterwards() -> None:
    go, runs = threading.Event(), []

    def job() -> tuple[str, ...]:
        runs.append(1)
        go.wait(10)
        return ("the disk is away",)

    aside = Aside(job)
    for _ in range(5):
        aside.look()
    assert len(runs) == 1
    go.set()
    with pytest.raises(BackendError, match="the disk is away"):
        for _ in range(1000):
            aside.look()
            threading.Event().wait(0.01)
