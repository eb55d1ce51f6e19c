"""`count` and `camera` from end to end on made films, and over a real loopback camera that hangs up."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import cv2
import pytest

from bench.video_film import write_film
from detectors.video.camera_file import read_camera
from detectors.video.capture import live
from detectors.video.capture.recorded import RecordedVideo
from signal_ctrl.cli.count_sources import Span, seconds_of, source_of
from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.video.capture.films import film
from tests.detectors.video.capture.test_recorded import children
from tests.detectors.video.capture.web_camera import WebCamera, web_camera

CAMERA = """
[[lines]]
name = "east"
from = [320, 190]
to = [320, 130]

[[lines]]
name = "west"
from = [320, 200]
to = [320, 260]
lane = "2"

[[zones]]
name = "stop"
polygon = [[300, 140], [360, 140], [360, 190], [300, 190]]
"""


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "street.mp4", 110)


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    path = tmp_path / "camera.toml"
    path.write_text(CAMERA, encoding="utf-8")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_video_is_counted_into_all_its_tables(
    street: Path, camera: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {key: tmp_path / f"{key}.csv" for key in ("out", "intervals", "zones", "alarms")}
    more = [word for key, path in names.items() for word in (f"--{key}", str(path))]
    seen = tmp_path / "seen.mp4"
    arguments = ["count", str(street), "--camera", str(camera), *more, "--interval-s", "4", "--annotate", str(seen)]
    assert call([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = rows_of(names["out"])
    assert list(rows[0]) == ["time_s", "frame", "line", "direction", "class", "speed_mps", "lane"]
    # cars reach x = 320 after 54 (6 px a frame) and 64 (5 px) frames, then every 40 frames
    assert {(row["line"], row["direction"]) for row in rows} == {("east", "right"), ("west", "left")}
    assert [row["lane"] for row in rows if row["line"] == "west"] == ["2"] * told["counts"][2]["total"]
    for line, first in (("east", 53), ("west", 64)):
        frames = [int(row["frame"]) for row in rows if row["line"] == line]
        assert len(frames) == 2
        assert all(abs(frame - (first + 40 * k)) <= 6 for k, frame in enumerate(frames)), frames
    assert all(abs(float(row["time_s"]) - int(row["frame"]) / 12.5) < 0.1 for row in rows)
    assert told["crossings"] == len(rows) == 4
    assert told["frames"] == 110
    assert not told["notes"]
    intervals = rows_of(names["intervals"])
    assert sum(int(row["count"]) for row in intervals if row["class"] == "all") == 4
    assert {row["from_s"] for row in intervals} == {"0", "4", "8"}
    assert [row["time_s"] for row in rows_of(names["zones"])] == [str(at) for at in range(9)]
    assert rows_of(names["alarms"]) == []
    assert len(list(RecordedVideo(seen, time.monotonic).pictures())) == 110
    assert not children()
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith(".")) == []


@pytest.mark.slow
def test_a_part_is_counted_and_tables_that_exist_are_kept(
    street: Path, camera: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine", encoding="utf-8")
    arguments = [
        "count",
        str(street),
        "--camera",
        str(camera),
        "--out",
        str(out),
        "--once",
        "--from",
        "4",
        "--to",
        "0:06",
    ]
    assert call(arguments) == 2
    assert "out.csv exists; name another file, or replace it with --overwrite" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "mine"
    assert call([*arguments, "--overwrite"]) == 0
    said = capsys.readouterr()
    assert "25 frames" in said.out
    assert "counting: 100 %" in said.err
    assert out.read_text(encoding="utf-8").startswith("time_s,frame,line")


@pytest.mark.slow
def test_a_cut_video_is_counted_as_far_as_it_goes_and_says_so(
    camera: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_film(tmp_path / "whole.avi", 60)
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    assert call(["count", str(cut), "--camera", str(camera), "--out", str(tmp_path / "a.csv"), "--once"]) == 0
    assert "is damaged or cut off" in capsys.readouterr().err
    assert (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("kind", ["missing", "empty", "folder", "text", "fifo"])
def test_what_is_no_video_is_one_line_and_leaves_no_file(
    kind: str, camera: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "video.mp4"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind != "missing":
        path.write_text("" if kind == "empty" else "no video at all\n" * 100, encoding="utf-8")
    out = tmp_path / "a.csv"
    assert call(["count", str(path), "--camera", str(camera), "--out", str(out), "--json"]) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith(f"signal-ctrl: cannot read the video {path}")
    assert json.loads(said.out)["exit_code"] == 2
    assert not out.exists()
    assert not children()


def test_camera_files_that_do_not_fit_and_files_named_twice_are_refused(
    camera: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = film(tmp_path / "small.mp4")
    out = str(tmp_path / "a.csv")
    assert call(["count", str(small), "--camera", str(camera), "--out", out]) == 2
    assert "camera.toml: [[lines]] 1 ('east'): 'from': [320, 190] lies outside" in capsys.readouterr().err
    assert call(["count", str(small), "--camera", str(camera), "--out", out, "--zones", out]) == 2
    assert "is named twice" in capsys.readouterr().err
    assert call(["count", str(small), "--camera", str(camera), "--out", str(small), "--overwrite"]) == 2
    assert "is the video itself" in capsys.readouterr().err
    assert (
        call(["count", str(small), "--camera", str(camera), "--out", out, "--annotate", str(tmp_path / "a.gif")]) == 2
    )
    assert "has to end in .mp4" in capsys.readouterr().err
    assert call(["count", str(small), "--camera", str(tmp_path / "no.toml"), "--out", out]) == 2
    assert "cannot read the camera file" in capsys.readouterr().err
    assert not Path(out).exists()


LIVE = '[[lines]]\nname = "a"\nfrom = [32, 4]\nto = [32, 40]\n[[zones]]\nname = "z"\npolygon = [[4, 4], [60, 4], [60, 44]]\n'


def test_a_live_camera_that_hangs_up_leaves_gaps_and_growing_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = tmp_path / "camera.toml"
    camera.write_text(LIVE, encoding="utf-8")
    zones, intervals = tmp_path / "zones.csv", tmp_path / "intervals.csv"
    with web_camera(WebCamera([30, 400], pause_s=0.04)) as source:
        address = tmp_path / "pole.url"
        address.write_text(source.address + "\n", encoding="utf-8")
        before_s = time.time()
        tables = [
            "--out",
            str(tmp_path / "a.csv"),
            "--zones",
            str(zones),
            "--intervals",
            str(intervals),
            "--interval-s",
            "1",
        ]
        assert call(["count", str(address), "--camera", str(camera), *tables, "--to", "5", "--json"]) == 0
        assert source.calls >= 2
    told = json.loads(capsys.readouterr().out)
    assert told["source"] == source.address
    assert told["frames"] > 20
    rows = rows_of(zones)
    assert before_s - 1 <= int(rows[0]["time_s"]) <= time.time()
    assert [int(row["time_s"]) for row in rows] == list(
        range(int(rows[0]["time_s"]), int(rows[0]["time_s"]) + len(rows))
    )
    assert {row["valid"] for row in rows} <= {"0", "1"}
    assert all((row["valid"] == "0") == (row["occupied"] == "") for row in rows)
    assert all((row["valid_ratio"] == "0.000") == (row["count"] == "") for row in rows_of(intervals))
    assert not children()


def test_a_camera_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LiveSettings", partial(live.LiveSettings, pauses_s=(0.1,)))
    camera = tmp_path / "camera.toml"
    camera.write_text(LIVE, encoding="utf-8")
    common = ["--camera", str(camera), "--out", str(tmp_path / "a.csv")]
    with web_camera(WebCamera([-1])) as source:
        secret = source.address.replace("http://", "http://me:secret@")
        assert call(["count", secret, *common]) == 3
    said = capsys.readouterr().err
    assert "sends no pictures (3 calls" in said
    assert "secret" not in said
    assert call(["count", "ftp://10.0.0.1/a", *common]) == 2
    assert call(["count", "http://10.0.0.1/a", *common, "--from", "5"]) == 2
    (tmp_path / "bad.url").write_text("nonsense", encoding="utf-8")
    assert call(["count", str(tmp_path / "bad.url"), *common]) == 2


@pytest.mark.slow
def test_ctrl_c_leaves_whole_files(street: Path, camera: Path, tmp_path: Path) -> None:
    out, seen = tmp_path / "a.csv", tmp_path / "seen.avi"
    command = ["count", str(street), "--camera", str(camera), "--out", str(out), "--annotate", str(seen), "--once"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "from signal_ctrl.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, *command], env=environment, stderr=subprocess.PIPE, text=True
    ) as job:
        assert job.stderr is not None
        for line in job.stderr:
            if line.startswith("counting: 20 %"):
                break
        os.kill(job.pid, signal.SIGINT)
        said = job.stderr.read()
    assert job.returncode == 130
    assert "interrupted at" in said
    assert out.read_text(encoding="utf-8").startswith("time_s,frame,line")
    assert 20 < len(list(RecordedVideo(seen, time.monotonic).pictures())) < 110
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


@pytest.mark.slow
def test_a_draft_counts_what_it_was_drafted_from(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft, picture = tmp_path / "draft.toml", tmp_path / "draft.png"
    assert call(["camera", "draft", str(street), "--out", str(draft), "--picture", str(picture), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(draft)
    assert cv2.imread(str(picture)).shape == (720, 1280, 3)
    assert call(["count", str(street), "--camera", str(draft), "--out", str(tmp_path / "a.csv"), "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)
    ways = {row["direction"]: row["total"] for row in counted["counts"] if row["total"]}
    lines = read_camera(draft.read_text(encoding="utf-8"), "draft").lines
    for way, step, start in (("right", 6, 0), ("left", -5, 640)):
        (x,) = {each.start[0] for each in lines if each.forward == way}
        assert ways[way] == sum((start + step * (109 - 40 * k) - x) * step > 0 for k in range(3))
    assert call(["camera", "draft", str(street), "--out", str(draft)]) == 2
    assert "exists" in capsys.readouterr().err


def test_show_draws_a_file_or_a_grid_and_refuses_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video, picture = film(tmp_path / "film.mp4"), tmp_path / "a.png"
    camera = tmp_path / "camera.toml"
    camera.write_text(LIVE, encoding="utf-8")
    assert call(["camera", "show", "--video", str(video), "--out", str(picture)]) == 0
    assert "64 x 48 pixels with a grid" in capsys.readouterr().out
    grid = cv2.imread(str(picture))
    assert call(["camera", "show", str(camera), "--video", str(video), "--out", str(picture)]) == 2
    assert "exists" in capsys.readouterr().err
    shown = ["camera", "show", str(camera), "--video", str(video), "--out", str(picture), "--overwrite"]
    assert call([*shown, "--at", "0.5"]) == 0
    assert "right" in capsys.readouterr().out
    assert (cv2.imread(str(picture)) != grid).any()
    assert call([*shown, "--at", "99"]) == 2
    assert "no picture between 99 s and 159 s" in capsys.readouterr().err
    assert call([*shown[:-2], str(tmp_path / "a.bmp")]) == 2
    assert call([*shown, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lines"][0]["name"] == "a"


def test_nothing_that_moves_makes_no_draft(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still = write_film(tmp_path / "still.mp4", 12)
    assert call(["camera", "draft", str(still), "--out", str(tmp_path / "a.toml")]) == 2
    assert "take a longer video" in capsys.readouterr().err
    assert not (tmp_path / "a.toml").exists()


@pytest.mark.parametrize("text", ["", "x", "-1", "1:60", "1:2:3:4", "nan", "inf", "1:-1"])
def test_times_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is no time of a video"):
        seconds_of(text)


def test_a_span_needs_something_between() -> None:
    with pytest.raises(InvalidInputError, match="nothing lies between"):
        Span(5.0, 5.0)
    assert Span(10.0, 300.0).learnt_to_s == 130.0
    assert Span(10.0, 20.0).learnt_to_s == 20.0
    assert source_of("film.mp4", Span()).name == "film.mp4"


def clips() -> Path | None:
    """Return the folder of real clips with truth: SIGNAL_CTRL_VIDEO, or shared/data/video beside a parent folder."""
    named = os.environ.get("SIGNAL_CTRL_VIDEO")
    places = [Path(named)] if named else [each / "shared/data/video" for each in Path(__file__).resolve().parents]
    return next((each for each in places if (each / "truth.csv").is_file()), None)


@pytest.mark.deep
@pytest.mark.skipif(clips() is None, reason="needs the real clips: name their folder in SIGNAL_CTRL_VIDEO")
@pytest.mark.parametrize("clip", ["car_park_aisle.mp4", "street.mp4"])
def test_drafts_of_real_clips_count_their_vehicles(
    clip: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = clips()
    assert folder is not None
    truth = Counter(row["direction"] for row in rows_of(folder / "truth.csv") if row["clip"] == clip)
    draft, out = tmp_path / "draft.toml", tmp_path / "a.csv"
    assert call(["camera", "draft", str(folder / clip), "--out", str(draft), "--json"]) == 0
    assert call(["count", str(folder / clip), "--camera", str(draft), "--out", str(out), "--json"]) == 0
    assert Counter(row["direction"] for row in rows_of(out)) == truth
