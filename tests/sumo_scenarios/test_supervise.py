"""Children that work, fail, die, hang and are interrupted."""

import faulthandler
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from signal_ctrl.domain.errors import (
    BackendError,
    BackendLostError,
    BackendTimeoutError,
    IllegalStepError,
    InvalidInputError,
    InvalidTimingError,
    RefusedError,
    SignalCtrlError,
)
from sumo_scenarios import supervise as supervising
from sumo_scenarios.outcome import Report, Stop
from sumo_scenarios.supervise import LOG_LINES, Ending, Job, Progress, supervise
from tests.patience import until

Work = Callable[[Report, Stop], Any]
PATIENCE_S = 30.0


def die(_report: Report, _stop: Stop) -> None:
    faulthandler.disable()
    os.abort()


def run(
    works: list[Work], folder: Path, at_once: int = 1, watch: Callable[[int, Progress], None] | None = None
) -> tuple[Ending[Any], ...]:
    jobs = [Job(work, folder / f"log{k}") for k, work in enumerate(works)]
    return supervise(jobs, watch or (lambda _index, _progress: None), at_once)


def one(work: Work, folder: Path, watch: Callable[[int, Progress], None] | None = None) -> Ending[Any]:
    return run([work], folder, watch=watch)[0]


def step_until_stopped(report: Report, stop: Stop) -> str:
    for k in range(int(PATIENCE_S / 0.01)):
        report(float(k), 1, 0)
        time.sleep(0.01)
        if stop():
            return "stopped"
    return "never stopped"


def ignore_everything(report: Report, _stop: Stop) -> None:
    report(1.0, 1, 0)
    time.sleep(PATIENCE_S)


def interrupt_once_it_goes(times: int = 1) -> Callable[[int, Progress], None]:
    """Return a watcher that sends SIGINT to this process as soon as a child reports."""
    sent: list[int] = []

    def watch(_index: int, _progress: Progress) -> None:
        while len(sent) < times:
            sent.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    return watch


def test_the_outcome_comes_back(tmp_path: Path) -> None:
    ending = one(lambda _report, _stop: {"pid": os.getpid()}, tmp_path)
    assert ending == Ending(outcome=ending.outcome)
    assert ending.outcome and ending.outcome["pid"] != os.getpid()


def test_progress_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [1_000.0]
    monkeypatch.setattr(supervising, "time", SimpleNamespace(monotonic=lambda: now_s[0]))

    def work(report: Report, _stop: Stop) -> None:
        report(25200.0, 7, 3)
        now_s[0] += 0.09
        report(25201.0, 8, 3)  # within a tenth of a second: not worth a message
        now_s[0] += 0.02
        report(25202.0, 9, 3)

    seen: list[tuple[int, Progress]] = []
    one(work, tmp_path, lambda index, progress: seen.append((index, progress)))
    assert seen == [(0, Progress(25200.0, 7, 3)), (0, Progress(25202.0, 9, 3))]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InvalidInputError("x"), InvalidInputError),
        (InvalidTimingError("x"), InvalidInputError),
        (BackendError("x"), BackendError),
        (BackendLostError("x"), BackendError),
        (BackendTimeoutError("x"), BackendError),
        (IllegalStepError("x"), IllegalStepError),
        (RefusedError("K1/conflict", "x"), IllegalStepError),
        (SignalCtrlError("x"), BackendError),
    ],
)
def test_every_error_of_the_tree_comes_back(tmp_path: Path, error: SignalCtrlError, kind: type) -> None:
    def work(_report: Report, _stop: Stop) -> None:
        raise error

    ending = one(work, tmp_path)
    assert isinstance(ending.error, kind)
    assert str(ending.error) == str(error)
    assert ending.outcome is None


def test_a_fault_of_ours_names_its_place(tmp_path: Path) -> None:
    def work(_report: Report, _stop: Stop) -> None:
        raise KeyError("lane")

    ending = one(work, tmp_path)
    assert isinstance(ending.error, BackendError)
    assert "test_supervise.py" in str(ending.error) and "KeyError: 'lane'" in str(ending.error)
    assert "Traceback" in ending.trace


def test_what_the_child_prints_goes_to_its_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def work(_report: Report, _stop: Stop) -> None:
        os.write(1, b"".join(b"line %d\n" % k for k in range(30)))
        os.write(2, b"Error: no route\n")
        raise BackendError("quit")

    ending = one(work, tmp_path)
    assert len(ending.log) == LOG_LINES
    assert ending.log[-1] == "Error: no route"
    assert capfd.readouterr() == ("", "")


def test_temporary_files_lie_beside_the_log(tmp_path: Path) -> None:
    assert Path(str(one(lambda _report, _stop: tempfile.mkdtemp(), tmp_path).outcome)).parent == tmp_path


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGKILL, signal.SIGSEGV])
def test_a_child_that_dies_is_lost_with_its_last_words(tmp_path: Path, number: signal.Signals) -> None:
    def work(report: Report, _stop: Stop) -> None:
        report(1.0, 1, 0)
        faulthandler.disable()
        os.write(2, b"last words\n")
        os.kill(os.getpid(), number)

    ending = one(work, tmp_path)
    assert isinstance(ending.error, BackendLostError)
    assert number.name in str(ending.error)
    assert ending.log == ("last words",)


def test_abort_and_exit_are_deaths_too(tmp_path: Path) -> None:
    endings = run([die, lambda _r, _s: os._exit(7), lambda _r, _s: sys.exit(9)], tmp_path)
    assert ["SIGABRT" in str(endings[0].error), "exit code 7" in str(endings[1].error)] == [True, True]
    assert "exit code 9" in str(endings[2].error)


def test_an_outcome_that_cannot_be_sent_is_a_death(tmp_path: Path) -> None:
    ending = one(lambda _report, _stop: lambda: None, tmp_path)
    assert isinstance(ending.error, BackendLostError)
    assert any("pickle" in line for line in ending.log)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_lets_the_child_stop_between_steps(tmp_path: Path, number: signal.Signals) -> None:
    sent: list[int] = []

    def watch(_index: int, _progress: Progress) -> None:
        if not sent:
            sent.append(1)
            os.kill(os.getpid(), number)

    ending = one(step_until_stopped, tmp_path, watch)
    assert ending.outcome == "stopped"
    assert ending.interrupted


def test_a_child_that_is_interrupted_itself_stops_too(tmp_path: Path) -> None:
    def work(report: Report, stop: Stop) -> str:
        os.kill(os.getpid(), signal.SIGINT)  # a terminal sends Ctrl-C to both
        return step_until_stopped(report, stop)

    assert one(work, tmp_path).outcome == "stopped"


def test_the_second_interrupt_kills(tmp_path: Path) -> None:
    begun_s = time.monotonic()
    ending = one(ignore_everything, tmp_path, interrupt_once_it_goes(times=2))
    assert time.monotonic() - begun_s < PATIENCE_S / 2
    assert ending == Ending(interrupted=True)


def test_handlers_are_put_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    one(lambda _report, _stop: None, tmp_path)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def test_jobs_run_side_by_side_and_end_in_order(tmp_path: Path) -> None:
    flag = tmp_path / "flag"

    def waits(_report: Report, _stop: Stop) -> str:
        deadline_s = time.monotonic() + PATIENCE_S
        while not flag.exists() and time.monotonic() < deadline_s:
            time.sleep(0.01)
        return "saw it" if flag.exists() else "alone"

    def waves(_report: Report, _stop: Stop) -> str:
        flag.touch()
        return "waved"

    endings = run([waits, waves, lambda _r, _s: "third"], tmp_path, at_once=2)
    assert [ending.outcome for ending in endings] == ["saw it", "waved", "third"]


def test_one_that_dies_leaves_the_others_alone(tmp_path: Path) -> None:
    endings = run([die, lambda _r, _s: 2], tmp_path, at_once=2)
    assert isinstance(endings[0].error, BackendLostError)
    assert endings[1].outcome == 2


def test_an_interrupt_keeps_what_has_not_begun_from_beginning(tmp_path: Path) -> None:
    endings = run(
        [step_until_stopped, step_until_stopped, lambda _r, _s: "never"],
        tmp_path,
        at_once=2,
        watch=interrupt_once_it_goes(),
    )
    assert [ending.outcome for ending in endings] == ["stopped", "stopped", None]
    assert all(ending.interrupted and ending.error is None for ending in endings)


def test_a_watcher_that_fails_leaves_no_child_behind(tmp_path: Path) -> None:
    def work(report: Report, _stop: Stop) -> None:
        (tmp_path / "pid").write_text(str(os.getpid()))
        ignore_everything(report, _stop)

    def watch(_index: int, _progress: Progress) -> None:
        raise RuntimeError("screen gone")

    with pytest.raises(RuntimeError, match="screen gone"):
        one(work, tmp_path, watch)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_orphan_stops(tmp_path: Path) -> None:
    """A child whose parent was killed gives up at its next report."""

    def parent(_report: Report, _stop: Stop) -> None:
        def child(report: Report, stop: Stop) -> None:
            (tmp_path / "begun").touch()
            text = step_until_stopped(report, stop)
            (tmp_path / "written").write_text(text)
            (tmp_path / "written").rename(tmp_path / "orphan")

        one(child, tmp_path, lambda *_: os.kill(os.getpid(), signal.SIGKILL))

    thread_free = threading.active_count()
    pid = os.fork()
    if pid == 0:
        parent(lambda *_: None, lambda: False)
        os._exit(0)
    os.waitpid(pid, 0)
    until((tmp_path / "orphan").exists, "an orphan that stops")
    assert (tmp_path / "begun").exists()
    assert (tmp_path / "orphan").read_text() == "stopped"
    assert threading.active_count() == thread_free
