"""No text is left standing by a follower that was killed: its guard blanks the file, and the file carries its own time."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.gateways.sign_follower import FORMAT, SignFace, SignFollower
from signal_ctrl.gateways.sign_guard import SignGuard

NOW_MS = 1_800_000_000_000
FOLLOWER = """
import json, os, signal, sys, time
from pathlib import Path
from signal_ctrl.gateways.sign_guard import GuardProcess
from signal_ctrl.gateways.whole_file import write_whole

if __name__ == "__main__":
    out, valid_ms, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    guard = GuardProcess(out)
    sign = {"sign_id": "v", "kind": "safety", "zh": "x", "en": "x", "valid_ms": valid_ms}
    write_whole(out, json.dumps({"format": "f", "at_utc_ms": int(time.time() * 1000), "signs": [sign]}))
    print(guard.pid, flush=True)
    if how == "close":
        guard.close()
    sys.stdin.read()
"""


def document(valid_ms: int | None, at_utc_ms: int = NOW_MS) -> str:
    sign: dict[str, Any] = {"sign_id": "v", "kind": "safety", "zh": "堵", "en": "jam"}
    blank = {"sign_id": "w", "kind": "", "zh": "", "en": "", "valid_ms": 0}
    own = sign if valid_ms is None else {**sign, "valid_ms": valid_ms}
    return json.dumps({"format": FORMAT, "at_utc_ms": at_utc_ms, "signs": [own, blank]})


def texts(path: Path) -> list[str]:
    return [sign["zh"] for sign in json.loads(path.read_text("utf-8"))["signs"]]


def test_a_text_is_taken_off_when_its_time_is_over(tmp_path: Path) -> None:
    path, clock = tmp_path / "signs.json", ManualClock(NOW_MS, 5_000)
    guard = SignGuard(path, clock)
    assert not guard.look()  # no file, no sign
    path.write_text(document(90_000))
    assert not guard.look()
    clock.pass_ms(89_999)
    assert not guard.look() and texts(path) == ["堵", ""]
    clock.pass_ms(1)
    assert guard.look() and texts(path) == ["", ""]
    assert not guard.look()


def test_what_is_written_anew_counts_anew(tmp_path: Path) -> None:
    path, clock = tmp_path / "signs.json", ManualClock(NOW_MS, 5_000)
    guard = SignGuard(path, clock)
    for _ in range(5):
        path.write_text(document(90_000, clock.utc_ms()))
        assert not guard.look()
        clock.pass_ms(60_000)
        assert not guard.look() and texts(path) == ["堵", ""]


@pytest.mark.parametrize("step_ms", [-86_400_000, 86_400_000])
def test_a_wall_clock_that_jumps_leaves_nothing_standing(tmp_path: Path, step_ms: int) -> None:
    path, clock = tmp_path / "signs.json", ManualClock(NOW_MS, 5_000)
    guard = SignGuard(path, clock)
    path.write_text(document(90_000))
    guard.look()
    clock.set_wall_ms(NOW_MS + step_ms)
    clock.pass_ms(90_000)
    assert guard.look() and texts(path) == ["", ""]


def test_a_text_without_a_time_does_not_stand(tmp_path: Path) -> None:
    path = tmp_path / "signs.json"
    path.write_text(document(None))
    assert SignGuard(path, ManualClock(NOW_MS, 0)).look() and texts(path) == ["", ""]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"signs": 3}', '{"at_utc_ms": 1, "signs": [{"en": ""}]}'])
def test_what_is_no_document_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "signs.json"
    path.write_text(text)
    guard = SignGuard(path, ManualClock(NOW_MS, 0))
    assert not guard.look() and not guard.blank() and path.read_text() == text


def started(path: Path, valid_ms: int, how: str = "") -> tuple["subprocess.Popen[str]", int]:
    script = path.parent / "follower.py"
    script.write_text(FOLLOWER)
    process = subprocess.Popen(
        [sys.executable, str(script), str(path), str(valid_ms), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def ended(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def waits_for(what: Any, for_s: float = 20.0) -> bool:
    until_s = time.monotonic() + for_s
    while time.monotonic() < until_s:
        if what():
            return True
        time.sleep(0.05)
    return False


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True


@pytest.mark.slow
def test_the_file_of_a_follower_that_was_killed_is_blank_at_once_and_its_guard_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "signs.json"
    process, guard = started(path, 300_000)
    assert texts(path) == ["x"]
    ended(process)
    assert waits_for(lambda: texts(path) == [""])
    assert waits_for(lambda: is_gone(guard))


@pytest.mark.slow
def test_the_file_of_a_follower_that_was_stopped_is_blank_when_its_time_is_over(tmp_path: Path) -> None:
    path = tmp_path / "signs.json"
    process, guard = started(path, 2_000)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        assert waits_for(lambda: texts(path) == [""])
    finally:
        ended(process)
    assert waits_for(lambda: is_gone(guard))


@pytest.mark.slow
def test_a_follower_that_ends_in_order_leaves_the_file_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "signs.json"
    process, guard = started(path, 300_000, "close")
    assert waits_for(lambda: is_gone(guard))
    process.communicate("")
    assert texts(path) == ["x"]  # whoever follows blanks it, not the guard


class NoWire:
    """Carries nothing."""

    def carry(self, ask: Any) -> Any:
        raise AssertionError("nothing is asked")


def test_texts_that_are_confirmed_are_put_out_anew_with_their_time() -> None:
    clock, found = ManualClock(NOW_MS, 0), list[dict[str, Any]]()
    follower = SignFollower(NoWire(), None, clock, lambda text: found.append(json.loads(text)))  # type: ignore[arg-type]
    for confirmed in (True, False, True):
        if confirmed:
            face = SignFace("v", "safety", "x", "x")
            follower._faces = {"v": (face, clock.mono_ms() + 90_000), "w": (SignFace("w"), 0)}
            follower._confirmed = True
        follower.look()
        clock.pass_ms(10_000)
    assert [(one["at_utc_ms"] - NOW_MS, [s["valid_ms"] for s in one["signs"]]) for one in found] == [
        (0, [90_000, 0]),
        (20_000, [90_000, 0]),
    ]
