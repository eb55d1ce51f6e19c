"""From a film of a car park to what its sign says: `count --empty --zones`, `parking send --zones`."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.local_client import LocalClient
from signal_ctrl.cabinet.ports import Answer, Ask
from signal_ctrl.cli import parking_sending
from signal_ctrl.cli.main import call
from signal_ctrl.domain.link.credential import Credential, credential_to_json
from signal_ctrl.parking.facilities import Facilities, Section, Sensing, SpaceKind
from signal_ctrl.parking.facilities_json import facilities_document
from signal_ctrl.parking.machines import MachineKind
from tests.signal_ctrl.parking.made import BEGIN_MS, MINUTE_MS, facility
from tests.signal_ctrl.web.parking.test_parking_routes import Town

FPS, WIDTH, HEIGHT = 4.0, 240, 160
CAMERA = """
[[zones]]
name = "P1/1"
polygon = [[30, 40], [100, 40], [100, 120], [30, 120]]
[[zones]]
name = "P1/2"
polygon = [[140, 40], [210, 40], [210, 120], [140, 120]]
"""


def film(path: Path, seconds: float, parked: bool) -> Path:
    """Write a film of two spaces; on the first one a car stands all along, or nobody does."""
    dice = np.random.default_rng(5)
    ground = dice.normal(110.0, 14.0, (HEIGHT, WIDTH, 1)).repeat(3, axis=2)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    assert writer.isOpened()
    for _ in range(round(seconds * FPS)):
        picture = ground + dice.normal(0.0, 2.0, ground.shape)
        if parked:
            picture[50:110, 45:85] = (190, 60, 50)
            picture[65:80, 50:80] = (40, 40, 45)
        writer.write(np.clip(picture, 0, 255).astype(np.uint8))
    writer.release()
    return path


@pytest.fixture
def zones(tmp_path: Path) -> tuple[Path, Path]:
    """Return what is counted without and with a film of the empty place."""
    (tmp_path / "camera.toml").write_text(CAMERA, encoding="utf-8")
    taken, empty = film(tmp_path / "taken.mp4", 30, True), film(tmp_path / "empty.mp4", 6, False)
    common = ["count", str(taken), "--camera", str(tmp_path / "camera.toml"), "--out", str(tmp_path / "a.csv")]
    blind, seeing = tmp_path / "blind.csv", tmp_path / "seeing.csv"
    assert call([*common, "--zones", str(blind), "--json"]) == 0
    assert call([*common, "--zones", str(seeing), "--empty", str(empty), "--overwrite", "--json"]) == 0
    return blind, seeing


class LocalWire:
    def __init__(self, client: LocalClient) -> None:
        self._client = client

    def carry(self, ask: Ask) -> Answer:
        answer = self._client.request(ask.method, ask.target, headers=dict(ask.headers), content=ask.body)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    def close(self) -> None:
        pass


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    made = Town()
    key = made.parking.machines.enrol("office", "camera", MachineKind.SENSORS)
    path = tmp_path / "camera.json"
    path.touch(0o600)
    path.write_text(credential_to_json(Credential("camera", key, bytes(32))), encoding="utf-8")
    spaces = Section("A", SpaceKind.GENERAL, ("1", "2"), sensing=Sensing.SPACES)
    with LocalClient(made.app) as client:
        park = Facilities((facility(sections=(spaces,)),))
        made.ask(client, "office", "PUT", "/v1/parking/documents/facilities", facilities_document(park))
        made.clock.pass_ms(MINUTE_MS)
        monkeypatch.setattr(parking_sending, "CabinetWire", lambda *_: LocalWire(client))
        monkeypatch.setattr(parking_sending, "SystemClock", lambda: made.clock)
        yield made
    made.store.close()


@pytest.mark.slow
@pytest.mark.parametrize("streamed", [False, True])
def test_a_car_that_was_parked_before_the_camera_began_is_no_free_space(
    streamed: bool,
    zones: tuple[Path, Path],
    town: Town,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blind, seeing = zones
    how = [
        "--zones",
        "--begin-utc-ms",
        str(BEGIN_MS),
        "--service",
        "http://x",
        "--credential",
        str(tmp_path / "camera.json"),
    ]
    assert call(["parking", "send", str(blind), *how]) == 2
    assert "count with --empty FILM" in capsys.readouterr().err
    monkeypatch.setattr(parking_sending, "EVERY_S", 0.05)
    monkeypatch.setattr(sys, "stdin", io.StringIO(seeing.read_text(encoding="utf-8")))
    assert call(["parking", "send", "-" if streamed else str(seeing), *how]) == 0
    assert "2 taken" in capsys.readouterr().out
    belief = town.parking.book.of("P1", town.clock.utc_ms())
    assert (belief.total.low, belief.total.high) == (1, 1)
    state = town.parking.book.state("P1").sensors_of("A")
    assert state is not None and state.is_free("2", town.clock.utc_ms()) and not state.is_free("1", town.clock.utc_ms())


def test_an_empty_place_is_a_film_that_is_long_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "camera.toml").write_text(CAMERA, encoding="utf-8")
    taken, short = film(tmp_path / "taken.mp4", 3, True), tmp_path / "short.mp4"
    film(short, 0.25, False)  # one picture
    common = ["count", str(taken), "--camera", str(tmp_path / "camera.toml"), "--out", str(tmp_path / "a.csv")]
    assert call([*common, "--empty", str(short)]) == 2
    assert "shows too little of the empty place" in capsys.readouterr().err
    assert call([*common, "--empty", "rtsp://10.0.0.7/stream1"]) == 2
    assert "is a recorded film" in capsys.readouterr().err
