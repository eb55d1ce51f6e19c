"""Damaged videos end in a result or in one line, in time, and leave no process behind."""

import multiprocessing
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from detectors.video.capture import decode_child, decoder
from detectors.video.capture.messages import Order
from detectors.video.capture.pictures import Limits
from detectors.video.capture.recorded import RecordedVideo
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.video.capture.films import film, timed_matroska
from tests.lag import timed

PARTS = 4
EACH = 60
LIMITS = Limits(first_s=10.0, next_s=5.0, cpu_s=3)


class Forked:
    """The decoding process forked from this one, which knows OpenCV already: ten times as quick to start."""

    def __init__(self, order: Order, options: str, keep: tuple[int, ...]) -> None:
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=self._run, args=(order, options), daemon=True)
        self._process.start()

    @staticmethod
    def _run(order: Order, options: str) -> None:
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = options
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        decode_child.carry_out(order)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("decoder", timeout or 0.0)
        return self._process.exitcode


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(order: Order, live: bool, keep: tuple[int, ...]) -> Forked:
        return Forked(order, decoder._FILE_OPTIONS, keep)

    monkeypatch.setattr(decoder, "_start", start)


def flipped(data: bytearray, dice: random.Random) -> bytearray:
    reach = len(data) if dice.random() < 0.5 else min(len(data), 400)
    for _ in range(dice.choice((1, 2, 5, 20, 100))):
        data[dice.randrange(reach)] = dice.randrange(256)
    return data


def cut(data: bytearray, dice: random.Random) -> bytearray:
    return data[: dice.randrange(1, len(data))]


def zeroed(data: bytearray, dice: random.Random) -> bytearray:
    start = dice.randrange(len(data))
    end = min(len(data), start + dice.randrange(1, 500))
    data[start:end] = bytes(end - start)
    return data


def doubled(data: bytearray, dice: random.Random) -> bytearray:
    start = dice.randrange(len(data))
    piece = data[start : start + dice.randrange(1, 300)]
    return data[:start] + piece + data[start:]


def grown(data: bytearray, dice: random.Random) -> bytearray:
    """Make a length or a size in the head huge."""
    start = dice.randrange(min(len(data), 600))
    data[start : start + 4] = dice.choice(
        (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\x7f\x00\x00")
    )
    return data


DAMAGES: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (flipped, flipped, cut, zeroed, doubled, grown)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    made = [film(folder / f"film{suffix}", 12) for suffix in (".mp4", ".avi", ".mkv", ".ts")]
    return [*made, timed_matroska(folder / "timed.mkv", range(0, 480, 40))]


def mutants(sound: list[Path], seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    dice = random.Random(seed)
    for at in range(count):
        base = sound[at % len(sound)]
        damage = dice.choice(DAMAGES)
        yield f"{damage.__name__} {at} of {base.name}", bytes(damage(bytearray(base.read_bytes()), dice))


def outcome(path: Path) -> tuple[int, str]:
    """Return the number of pictures and what was said; fails if it takes too long or says more than a line."""
    video = RecordedVideo(path, time.monotonic, LIMITS)
    with timed() as took:
        try:
            count, said = sum(1 for _ in video.pictures()), " ".join(video.ending.notes)
            assert count == video.ending.frames > 0
        except InvalidInputError as error:
            count, said = 0, str(error)
            assert said
    assert "\n" not in said
    assert took.own_s < LIMITS.first_s + count * LIMITS.next_s + 5.0
    return count, said


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.usefixtures("forked")
def test_every_damaged_video_ends_in_a_result_or_one_line(part: int, sound: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "damaged"
    ends = []
    for name, data in mutants(sound, part, EACH):
        path.write_bytes(data)
        try:
            ends.append(outcome(path))
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
    assert any(count for count, _ in ends)
    assert any(not count for count, _ in ends)
    assert not multiprocessing.active_children()


def test_a_few_damaged_videos_in_the_real_process(sound: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "damaged"
    for _, data in mutants(sound, 99, 6):
        path.write_bytes(data)
        outcome(path)


@pytest.mark.usefixtures("forked")
def test_the_forked_process_decodes_as_the_real_one_does(sound: list[Path]) -> None:
    assert [outcome(path) for path in sound] == [(12, "")] * len(sound)


def test_orders_are_plain_json() -> None:
    order = Order("x", True, 1, 2, 0.0, 3, 4, 5, 6, 7)
    assert Order(**asdict(order)) == order
