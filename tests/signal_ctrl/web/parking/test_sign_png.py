"""Pictures of signs as PNG: the colours of what is shown, room for every label, and one drawing for all who ask."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from bench.local_client import LocalClient
from signal_ctrl.cli.main import call
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.parking.signs.faces import face_of
from signal_ctrl.parking.signs.picture import AMBER, COLOURS, PARKING, WARNING, WIDTH, sketch_of, svg_of
from signal_ctrl.parking.signs.rules import Arrow, LineRule, Sharing, SignRule
from signal_ctrl.parking.signs.showing import LineShown, LineState
from signal_ctrl.web.parking import sign_routes
from signal_ctrl.web.parking.sign_png import SCALE, png_of
from tests.signal_ctrl.parking.made import BEGIN_MS
from tests.signal_ctrl.web.parking.test_parking_routes import Town

GREEN, RED = COLOURS["count"], COLOURS["full"]
LONG = "城市中心地下停车场北入口二层三区"


def picture(*states: tuple[LineState, int], label: str = "中心", text: SignText | None = None) -> npt.NDArray[np.uint8]:
    line = LineRule(label, label, ("P1",), arrow=Arrow.LEFT)
    rule = SignRule("V1", "E1", 0.0, (line,) * max(len(states), 1), sharing=Sharing.SLOT)
    shown = [LineShown(state, count, BEGIN_MS) for state, count in states] or [
        LineShown(LineState.UNKNOWN, 0, BEGIN_MS)
    ]
    data = png_of(sketch_of(face_of(rule, shown, () if text is None else (text,), BEGIN_MS)))
    assert data.startswith(b"\x89PNG")
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found, dtype=np.uint8)


def has(found: npt.NDArray[np.uint8], colour: str) -> int:
    """Return how many pixels are of just this colour."""
    bgr = tuple(bytes.fromhex(colour[1:]))[::-1]
    return int((found == np.array(bgr, dtype=np.uint8)).all(axis=2).sum())


@pytest.mark.parametrize(
    ("state", "count", "colour"),
    [
        (LineState.COUNT, 30, GREEN),
        (LineState.FULL, 0, RED),
        (LineState.CLOSED, 0, AMBER),
        (LineState.UNKNOWN, 0, AMBER),
    ],
)
def test_a_line_has_the_colour_of_its_state_and_no_other(state: LineState, count: int, colour: str) -> None:
    found = picture((state, count))
    assert found.shape == (SCALE * 64, SCALE * WIDTH, 3)
    assert {c for c in (GREEN, RED, AMBER) if has(found, c)} == {colour}
    assert has(found, PARKING) > 0.7 * (36 * SCALE) ** 2


def test_words_are_drawn_and_another_word_is_another_picture() -> None:
    thirty, thirteen = picture((LineState.COUNT, 30)), picture((LineState.COUNT, 13))
    assert (thirty != thirteen).any()
    glyphs = picture((LineState.COUNT, 30), label="满"), picture((LineState.COUNT, 30), label="关")
    assert (glyphs[0] != glyphs[1]).any()  # no two boxes for what cannot be drawn


@pytest.mark.parametrize("label", [LONG, "WWWWWWWWWWWWWWWWWWWW", "North Gate, level 2 "])
def test_a_long_label_stays_left_of_its_arrow_and_value(label: str) -> None:
    short, long = (picture((LineState.COUNT, 30), label=each) for each in ("北", label))
    right = slice(SCALE * 286, None)
    assert (short[:, right] == long[:, right]).all()


def test_a_long_text_goes_on_in_rows_and_safety_is_red() -> None:
    words = SignText("V1", MessageKind.SAFETY, "前方事故请减速慢行" * 6, "x", BEGIN_MS, BEGIN_MS + 60_000, "centre")
    found = picture((LineState.COUNT, 30), text=words)
    assert found.shape[0] > SCALE * 64 and has(found, WARNING) > 500
    assert not has(found, PARKING)  # safety takes the whole sign
    edge = found[:, -SCALE * 12 :]
    assert not has(edge, WARNING)


def test_both_kinds_of_picture_are_drawn_from_one_sketch() -> None:
    rule = SignRule("V1", "E1", 0.0, (LineRule("中心", "C", ("P1",)),))
    face = face_of(rule, [LineShown(LineState.COUNT, 30, BEGIN_MS)], (), BEGIN_MS)
    assert [word.text for word in sketch_of(face).words] == ["P", "中心", "30"]
    assert all(f">{word.text}<" in svg_of(face) for word in sketch_of(face).words)


def test_the_route_draws_once_for_all_who_ask_within_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []

    def draw(sketch: Any) -> bytes:
        drawn.append(sketch)
        return png_of(sketch)

    monkeypatch.setattr(sign_routes, "png_of", draw)
    town = Town()
    with LocalClient(town.app) as client:
        town.fill(client)
        path = "/v1/parking/signs/V1/picture.png"
        first = client.get(path)
        assert (first.status_code, first.headers["content-type"]) == (200, "image/png")
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304 and len(drawn) == 1
        town.clock.pass_ms(2_000)
        assert client.get(path).content.startswith(b"\x89PNG") and len(drawn) == 2
        assert client.get("/v1/parking/signs/V9/picture.png").status_code == 404
        for k in range(100):
            client.get(f"/v1/parking/signs/none{k}/picture.png")
        assert len(town.app._app.state.feeds._kept) < 10  # type: ignore[attr-defined]  # names of strangers are not kept
    town.store.close()


def test_the_command_writes_what_the_service_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from signal_ctrl.cli import parking_session

    asked: list[str] = []

    class Client:
        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None: ...

        def fetch(self, path: str) -> bytes:
            asked.append(path)
            return b"picture"

    monkeypatch.setattr(parking_session, "client_of", lambda *_: Client())
    rest = ["--service", "http://127.0.0.1:1", "--credential", "c.json"]
    for name in ("v1.png", "v1.svg"):
        assert call(["parking", "signs", "picture", "V1", "--out", str(tmp_path / name), *rest]) == 0
        assert (tmp_path / name).read_bytes() == b"picture"
    assert asked == ["/v1/parking/signs/V1/picture.png", "/v1/parking/signs/V1/picture"]
    assert call(["parking", "signs", "picture", "V1", "--out", str(tmp_path / "v1.png"), *rest]) == 2
    assert "--overwrite" in capsys.readouterr().err
    for sign, name in (("V1", "v1.gif"), ("../x", "v2.png")):
        assert call(["parking", "signs", "picture", sign, "--out", str(tmp_path / name), *rest]) == 2
        assert "a .png or .svg file" in capsys.readouterr().err
