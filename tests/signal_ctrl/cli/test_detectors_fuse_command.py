"""`signal-ctrl detectors fuse`: two files in, one out; what is wrong ends in one line."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from signal_ctrl.cli import main

HEADER = "begin_s,end_s,lane,count,valid_ratio\n"


def write(path: Path, counts: list[float | None], lane: str = "a", width_s: int = 60) -> Path:
    rows = [
        f"{width_s * k},{width_s * (k + 1)},{lane},{'' if count is None else count},{0 if count is None else 1}"
        for k, count in enumerate(counts)
    ]
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, list[float]]:
    """Loops that die in the middle, and a camera that misses a fifth, with the truth."""
    rng = np.random.default_rng(1)
    came = rng.poisson(60, 240)
    loops: list[float | None] = [float(rng.binomial(q, 0.98)) for q in came]
    loops[120:] = [None] * 120
    video = [float(rng.binomial(q, 0.8)) for q in came]
    write(tmp_path / "truth.csv", [float(q) for q in came])
    return write(tmp_path / "loops.csv", loops), write(tmp_path / "video.csv", list(video)), [float(q) for q in came]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_loops_die_and_the_camera_carries_on_with_its_factor(
    files: tuple[Path, Path, list[float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loops, video, came = files
    out = tmp_path / "fused.csv"
    arguments = ["--truth", str(tmp_path / "truth.csv"), "--out", str(out), "--learned", str(tmp_path / "noise.json")]
    assert main.call(["detectors", "fuse", str(loops), str(video), *arguments]) == 0
    told = capsys.readouterr().out
    assert "7320 s, lane a: video the other source has gone" in told
    rows = rows_of(out)
    assert [row["by"] for row in rows] == ["loops+video"] * 120 + ["video"] * 120
    errors = [abs(float(row["count"]) - q) for row, q in zip(rows, came, strict=True)]
    assert np.mean(errors[120:]) < 5.0  # the camera alone, its factor taken off; it would be 12 otherwise
    assert np.mean(errors[:120]) < 1.5
    held = [float(row["low"]) <= q <= float(row["high"]) for row, q in zip(rows, came, strict=True)]
    assert np.mean(held) > 0.9
    again = ["--noise", str(tmp_path / "noise.json"), "--out", str(tmp_path / "again.csv")]
    assert main.call(["detectors", "fuse", str(loops), str(video), *again]) == 0
    assert rows_of(tmp_path / "again.csv")[:5] == rows[:5]


def test_json_tells_totals_noise_and_alarms(
    files: tuple[Path, Path, list[float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loops, video, _ = files
    assert main.call(["detectors", "fuse", str(loops), str(video), "--out", str(tmp_path / "f.csv"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (lane,) = document["lanes"]
    assert (lane["lane"], lane["intervals"], lane["loops_missing"], lane["unknown"]) == ("a", 240, 120, 0)
    assert document["alarms"][0]["what"].startswith("the other source has gone")
    assert {row["factor"] for row in document["noise"]["loops"]} == {1.0}


def test_clocks_are_brought_together_by_crossings(
    files: tuple[Path, Path, list[float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loops, video, _ = files
    rng = np.random.default_rng(2)
    times = np.cumsum(1.0 + rng.exponential(5.0, 800))
    (tmp_path / "l.csv").write_text("time_s\n" + "\n".join(f"{t:.2f}" for t in times) + "\n")
    (tmp_path / "v.csv").write_text("time_s\n" + "\n".join(f"{t + 4.0:.2f}" for t in times) + "\n")
    crossings = ["--loop-crossings", str(tmp_path / "l.csv"), "--video-crossings", str(tmp_path / "v.csv")]
    out = ["--out", str(tmp_path / "f.csv"), "--json"]
    assert main.call(["detectors", "fuse", str(loops), str(video), *crossings, *out]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["shift_s"] == pytest.approx(4.0, abs=0.2)
    assert document["alignment"]["sure"]


def test_what_cannot_be_fused_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loops = write(tmp_path / "loops.csv", [1.0, 2.0])
    wide = write(tmp_path / "wide.csv", [1.0], width_s=120)
    other = write(tmp_path / "other.csv", [1.0, 2.0], lane="b")
    out = ["--out", str(tmp_path / "f.csv")]
    for video, more, says in (
        (wide, [], "count alike"),
        (other, [], "--match"),
        (tmp_path / "none.csv", [], "none.csv"),
        (loops, ["--correlation", "2"], "--correlation"),
        (loops, ["--match", "nothing"], "--match"),
        (loops, ["--loop-crossings", str(loops)], "give both"),
        (loops, ["--truth", str(loops), "--noise", str(loops)], "learned"),
    ):
        assert main.call(["detectors", "fuse", str(loops), str(video), *more, *out]) == 2
        told = capsys.readouterr().err
        assert says in told
        assert told.count("\n") == 1
        assert not (tmp_path / "f.csv").exists()
    assert main.call(["detectors", "fuse", str(loops), str(other), "--match", "a=b", *out]) == 0
    assert main.call(["detectors", "fuse", str(loops), str(loops), *out]) == 2
    assert "exists" in capsys.readouterr().err
