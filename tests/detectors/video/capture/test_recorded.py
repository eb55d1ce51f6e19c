"""Recorded videos of every sort: what is read, and the one line where nothing can be."""

import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from detectors.video.capture import recorded
from detectors.video.capture.pictures import Limits
from detectors.video.capture.recorded import RecordedVideo
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.video.capture.films import film, frames, timed_matroska
from tests.patience import until


def video(path: Path, limits: Limits | None = None) -> RecordedVideo:
    return RecordedVideo(path, time.monotonic, limits or Limits())


def refusal(path: Path, limits: Limits | None = None, from_s: float = 0.0) -> str:
    with pytest.raises(InvalidInputError) as caught:
        list(video(path, limits).pictures(from_s))
    said = str(caught.value)
    assert str(path) in said
    assert "\n" not in said
    return said


def test_pictures_are_those_that_were_filmed(tmp_path: Path) -> None:
    source = video(film(tmp_path / "film.mkv", 20, codec="FFV1"))
    pictures = list(source.pictures())
    assert [each.index for each in pictures] == list(range(20))
    assert [each.time_s for each in pictures] == pytest.approx([at / 12.5 for at in range(20)], abs=1e-3)
    for picture, filmed in zip(pictures, frames(20), strict=True):
        assert np.abs(picture.frame.astype(int) - filmed).max() <= 3  # of the conversion of colours and back
    assert source.ending.frames == 20
    assert not source.ending.notes


def test_a_part_of_a_video_keeps_its_frame_numbers_and_times(tmp_path: Path) -> None:
    source = video(film(tmp_path / "film.mp4", 50))
    pictures = list(source.pictures(from_s=1.0, to_s=2.0))
    assert [each.index for each in pictures] == list(range(13, 25))
    assert pictures[0].time_s == pytest.approx(1.04)
    assert source.ending.frames == 12
    assert not source.ending.notes


def test_a_begin_after_the_end_says_so(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    assert "no picture after 100 s; choose another part" in refusal(path, from_s=100.0)
    with pytest.raises(InvalidInputError, match=r"no picture between 0\.01 s and 0\.02 s"):
        list(video(path).pictures(0.01, 0.02))


def test_times_of_a_varying_rate_are_kept(tmp_path: Path) -> None:
    at_ms = [0, 40, 80, 500, 520, 3000, 3040]
    pictures = list(video(timed_matroska(tmp_path / "varying.mkv", at_ms)).pictures())
    assert [each.time_s for each in pictures] == pytest.approx([ms / 1000 for ms in at_ms])


def test_a_file_without_times_is_taken_at_even_steps(tmp_path: Path) -> None:
    source = video(timed_matroska(tmp_path / "timeless.mkv", [0] * 6))
    times = [each.time_s for each in source.pictures()]
    assert times == pytest.approx([at * 0.04 for at in range(6)])
    assert "has no times" in source.ending.notes[0]


@pytest.mark.parametrize("size", [(65, 49), (1, 1), (3, 200), (641, 359)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    pictures = list(video(timed_matroska(tmp_path / "odd.mkv", [0, 40, 80], size)).pictures())
    assert {each.frame.shape for each in pictures} == {(size[1], size[0], 3)}
    assert len(pictures) == 3


def test_a_cut_file_yields_what_it_has_and_says_so(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.avi", 60)
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    source = video(cut)
    count = len(list(source.pictures()))
    assert 10 < count < 40
    assert source.ending.frames == count
    assert f"damaged or cut off: {count} of 60 frames" in source.ending.notes[0]


def test_a_cut_file_without_its_index_is_one_line(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mp4", 60)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:-800])
    assert "no video that can be read" in refusal(cut)


def test_what_is_no_video_is_one_line(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("time_s,frame\n1,2\n" * 50)
    assert "no video that can be read" in refusal(text)
    noise = tmp_path / "noise.avi"
    noise.write_bytes(np.random.default_rng(1).bytes(50_000))
    assert "no video that can be read" in refusal(noise)


def test_places_that_hold_no_video_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No such file" in refusal(tmp_path / "missing.mp4")
    assert "it is a folder" in refusal(tmp_path)
    (tmp_path / "empty.mp4").touch()
    assert "it is empty" in refusal(tmp_path / "empty.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "no ordinary file" in refusal(tmp_path / "pipe.mp4")
    with pytest.raises(InvalidInputError, match="null byte"):
        list(video(Path("a\0b")).pictures())

    def forbidden(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(recorded.os, "open", forbidden)
    assert "Permission denied" in refusal(tmp_path / "secret.mp4")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    path.chmod(0)
    assert "Permission denied" in refusal(path)


def test_a_video_without_a_frame_is_one_line(tmp_path: Path) -> None:
    assert "cannot read the video" in refusal(timed_matroska(tmp_path / "none.mkv", []))


def test_a_picture_too_large_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = timed_matroska(tmp_path / "large.mkv", [0, 40], (4800, 2600))
    assert "4800 x 2600 has more than 9437184 pixels; scale it down" in refusal(path)
    assert len(list(video(path, Limits(most_pixels=20_000_000)).pictures())) == 2


def test_more_frames_than_allowed(tmp_path: Path) -> None:
    source = video(film(tmp_path / "film.avi", 30), Limits(most_frames=10))
    assert len(list(source.pictures())) == 10
    assert "more than 10 frames" in source.ending.notes[0]


def test_too_little_memory_is_one_line(tmp_path: Path) -> None:
    said = refusal(film(tmp_path / "film.mp4"), Limits(memory_bytes=150_000_000))
    assert "decoder" in said or "memory" in said


def test_a_decoder_that_does_not_answer_is_ended(tmp_path: Path) -> None:
    assert "no picture came for 0.001 s" in refusal(film(tmp_path / "film.mp4"), Limits(first_s=0.001))


def test_a_change_of_size_ends_the_reading(tmp_path: Path) -> None:
    first, second = (tmp_path / f"{name}.mjpg" for name in "ab")
    for path, size in ((first, (64, 48)), (second, (80, 48))):
        timed_matroska(path, [0, 40, 80], size)
    joined = tmp_path / "joined.mkv"
    joined.write_bytes(first.read_bytes() + second.read_bytes()[second.read_bytes().index(b"\x1f\x43\xb6\x75") :])
    source = video(joined)
    shapes = {each.frame.shape for each in source.pictures()}
    assert shapes == {(48, 64, 3)}


def test_whoever_stops_reading_leaves_no_process(tmp_path: Path) -> None:
    reading = video(film(tmp_path / "film.avi", 400)).pictures()
    next(reading)
    assert children()
    reading.close()
    assert not children()


def test_a_parent_that_is_killed_takes_its_decoder_along(tmp_path: Path) -> None:
    path = film(tmp_path / "film.avi", 400)
    code = (
        "import time, sys; from pathlib import Path; from detectors.video.capture.recorded import RecordedVideo\n"
        f"reading = RecordedVideo(Path({str(path)!r}), time.monotonic).pictures(); next(reading)\n"
        "print(open(f'/proc/self/task/{__import__(\"os\").getpid()}/children').read(), flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    until(lambda: not running(child), "the end of the decoder")


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {address}\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 26\n",
        '<?xml version="1.0"?><MPD><Period><AdaptationSet><BaseURL>{address}</BaseURL></AdaptationSet></Period></MPD>',
    ],
)
def test_a_file_never_leads_to_the_network(text: str, tmp_path: Path) -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        path = tmp_path / "list.m3u8"
        path.write_text(text.format(address=f"http://127.0.0.1:{server.server_port}/video.ts"))
        refusal(path)
        server.shutdown()
    assert not asked


def test_the_kernel_refuses_the_network_and_programs_to_a_confined_process() -> None:
    code = (
        "import os, socket, subprocess, sys\n"
        "from detectors.video.capture.confinement import confine\n"
        "confine(os.getppid(), 1 << 31, True)\n"
        "for what in (socket.socket, lambda: os.execv('/bin/true', ['true']), lambda: os.write(os.open(sys.argv[1], 65), b'x')):\n"
        "    try:\n"
        "        what(); print('done')\n"
        "    except OSError as error:\n"
        "        print(type(error).__name__)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, "/dev/shm/signal-ctrl-test"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    Path("/dev/shm/signal-ctrl-test").unlink(missing_ok=True)
    assert said.stdout.split() == ["PermissionError", "PermissionError", "OSError"], said.stderr


def test_endless_work_is_ended_by_the_system() -> None:
    code = "from detectors.video.capture.confinement import allow_cpu\nallow_cpu(0)\nwhile True: pass"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == -signal.SIGXCPU


def children() -> list[str]:
    """Return the processes that this one has started, but for the database of the session and the one in which Python
    itself keeps count of resources.
    """
    found = [each for task in Path("/proc/self/task").iterdir() for each in (task / "children").read_text().split()]
    return [each for each in found if not re.search("resource_tracker|postgres", command_line(each))]


def command_line(process: str) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
