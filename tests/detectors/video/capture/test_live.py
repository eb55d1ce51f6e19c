"""Live cameras over real loopback HTTP: reconnecting, gaps, a consumer that is too slow, clocks that leap."""

import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.video.capture.live import LiveCamera, LiveSettings, is_address, without_password
from detectors.video.capture.pictures import Gap, Limits, Picture
from detectors.video.capture.wall_time import MOST_SLEW, WallTime
from signal_ctrl.domain.errors import BackendLostError, InvalidInputError
from tests.detectors.video.capture.test_recorded import children
from tests.detectors.video.capture.web_camera import WebCamera, web_camera

QUICK = LiveSettings(silent_s=5.0, pauses_s=(0.2, 0.3), gap_s=0.5)


def live(address: str, settings: LiveSettings = QUICK) -> LiveCamera:
    return LiveCamera(address, time.time, time.monotonic, Limits(first_s=20.0), settings)


def watched(source: LiveCamera, most: int, slow_s: float = 0.0) -> list[Picture | Gap]:
    seen: list[Picture | Gap] = []
    for item in source.pictures():
        seen.append(item)
        threading.Event().wait(slow_s)
        if isinstance(item, Picture) and source.ending.frames >= most:
            source.stop()
    return seen


def test_a_dropped_connection_is_called_anew_and_the_time_between_is_a_gap() -> None:
    with web_camera(WebCamera([15, -1, 200])) as camera:
        source = live(camera.address)
        before_s = time.time()
        seen = watched(source, 30)
    pictures = [each for each in seen if isinstance(each, Picture)]
    gaps = [each for each in seen if isinstance(each, Gap)]
    assert len(pictures) == 30
    assert camera.calls >= 3
    assert gaps[0].why in {"the camera hung up", "it does not answer"}
    assert gaps[0].to_s - gaps[0].from_s > QUICK.gap_s
    times = [each.time_s for each in pictures]
    assert times == sorted(times)
    assert before_s <= times[0] <= times[-1] <= time.time() + 0.1
    for earlier, later in itertools.pairwise(seen):  # gaps fill the time between pictures without a hole
        start = earlier.to_s if isinstance(earlier, Gap) else earlier.time_s
        if isinstance(later, Gap):
            assert later.from_s == start
        elif isinstance(earlier, Gap):
            assert later.time_s == start
        else:
            assert later.time_s - start <= QUICK.gap_s
    assert not children()


def test_a_consumer_that_is_too_slow_sees_the_newest_picture() -> None:
    with web_camera(WebCamera([400], pause_s=0.01)) as camera:
        source = live(camera.address)
        late_s = []
        for item in source.pictures():
            if isinstance(item, Picture):
                late_s.append(time.time() - item.time_s)
                threading.Event().wait(0.2)
            if len(late_s) == 8:
                source.stop()
    assert source.dropped > 20
    assert sorted(late_s)[len(late_s) // 2] < 0.15  # a queue would be 1.5 s behind by now


def test_a_camera_that_falls_silent_is_called_anew() -> None:
    settings = LiveSettings(silent_s=1.0, pauses_s=(0.1,), gap_s=0.5)
    with web_camera(WebCamera([5, 100], silent=True)) as camera:
        seen = watched(live(camera.address, settings), 10)
    assert camera.calls >= 2
    assert any(isinstance(each, Gap) for each in seen)


def test_a_picture_of_another_size_is_not_taken() -> None:
    with web_camera(WebCamera([8, 8, 100], sizes=((64, 48), (80, 48)))) as camera:
        seen = watched(live(camera.address), 15)
    assert {each.frame.shape for each in seen if isinstance(each, Picture)} == {(48, 64, 3)}
    assert camera.calls >= 3


def test_a_camera_that_never_answers_is_one_line() -> None:
    settings = LiveSettings(silent_s=1.0, pauses_s=(0.05,), first_calls=2)
    with web_camera(WebCamera([-1])) as camera:
        address = camera.address.replace("http://", "http://user:secret@")
        with pytest.raises(BackendLostError) as caught:
            list(live(address, settings).pictures())
    assert "sends no pictures (2 calls; it does not answer); check address and network" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not children()


def test_waiting_for_a_camera_can_be_broken_off() -> None:
    settings = LiveSettings(silent_s=1.0, pauses_s=(20.0,), first_calls=None)
    with web_camera(WebCamera([-1])) as camera:
        source = live(camera.address, settings)
        threading.Timer(1.0, source.stop).start()
        start_s = time.monotonic()
        assert not [each for each in source.pictures() if isinstance(each, Picture)]
    assert time.monotonic() - start_s < 10.0


@pytest.mark.parametrize(
    "address", ["ftp://camera/a", "file:" + "///etc/passwd", "camera", "concat:http://a", "tcp://a:1"]
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(InvalidInputError, match="rtsp://"):
        live(address)


def test_addresses_are_told_from_files() -> None:
    assert is_address("http://camera.example/stream?user=a")
    assert not is_address("C:/film.mp4")
    assert not is_address("film://")
    assert without_password("rtsp://a:b@c/d@e") == "rtsp://c/d@e"


@given(st.lists(st.tuples(st.floats(0.001, 5.0), st.floats(-4000.0, 4000.0)), min_size=1, max_size=40))
def test_times_only_go_forward_whatever_the_clock_does(steps: list[tuple[float, float]]) -> None:
    clock, steady_s, last_s = WallTime(), 0.0, -1e18
    for passed_s, wall_s in steps:
        steady_s += passed_s
        now_s = clock.at(1e9 + wall_s, steady_s)
        assert now_s > last_s
        last_s = now_s


def test_a_clock_set_back_is_caught_up_with_and_one_set_forward_followed() -> None:
    clock = WallTime()
    assert clock.at(1000.0, 0.0) == 1000.0
    assert clock.at(1010.0, 10.0) == 1010.0
    back_s = clock.at(1015.0, 20.0)  # 5 s back
    assert back_s == pytest.approx(1010.0 + 10.0 * (1 - MOST_SLEW))
    for steady_s in range(30, 200, 10):
        back_s = clock.at(995.0 + steady_s, float(steady_s))
    assert back_s == pytest.approx(995.0 + 190.0)
    assert clock.at(5000.0, 200.0) == 5000.0
