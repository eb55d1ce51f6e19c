"""Films made of runs and of trajectories: whole folders, and crossings as SUMO itself saw them."""

import csv
import json
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from detectors.video.camera import camera_of
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.film_maker import FilmOrder, make_film, plan_film
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.written import tags

BEGIN_S, END_S = 25333.0, 25345.0
ORDER = FilmOrder(RunSettings("cologne1", controller="net"), view="east", begin_s=BEGIN_S, end_s=END_S, rate_hz=5.0)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trajectories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what SUMO, run by itself, writes of the same minutes; no signal of this network looks at traffic."""
    target = tmp_path_factory.mktemp("fcd") / "fcd.xml.gz"
    config = catalogue.resolve("cologne1").config
    command = [str(sumo_home() / "bin" / "sumo"), "-c", str(config), "--seed", "1", "--end", f"{END_S + 2}"]
    command += ["--time-to-teleport", "-1", "--max-depart-delay", "-1", "--fcd-output", str(target)]
    subprocess.run([*command, "--no-step-log", "true", "--no-warnings", "true"], check=True, capture_output=True)
    return target


def gone_through(path: Path, edge: str) -> Iterator[tuple[float, str]]:
    """Yield (time [s], vehicle) when a vehicle is no longer on an edge but in the junction behind it."""
    on: dict[str, str] = {}
    time_s = 0.0
    for tag, values in tags(path):
        if tag == "timestep":
            time_s = float(values["time"]) + 1.0  # written under the begin of the step
        elif tag == "vehicle":
            name, lane = values["id"], values["lane"]
            if on.get(name, "").startswith(f"{edge}_") and lane.startswith(":"):
                yield time_s, name
            on[name] = lane


@pytest.mark.sumo
def test_a_film_of_a_run_is_whole_and_true(tmp_path: Path, trajectories: Path) -> None:
    made = make_film(ORDER, tmp_path / "film", lambda _: None)
    folder = tmp_path / "film"
    assert {path.name for path in folder.iterdir()} == {
        "film.mp4", "camera.toml", "truth.csv", "zones.csv", "still.png", "film.json",
    }  # fmt: skip
    film = cv2.VideoCapture(str(folder / "film.mp4"))
    assert (film.get(cv2.CAP_PROP_FRAME_COUNT), film.get(cv2.CAP_PROP_FPS)) == (made["frames"], 5.0)
    assert made["frames"] == 5 * (END_S - BEGIN_S) + 1
    good, frame = film.read()
    film.release()
    assert good and frame.shape == (360, 640, 3)
    assert json.loads((folder / "film.json").read_text()) == made
    camera = camera_of(tomllib.loads((folder / "camera.toml").read_text()))
    assert [line.name for line in camera.lines] == ["east", "east-exit"]
    told = [float(row["time_s"]) for row in rows(folder / "truth.csv") if row["line"] == "east"]
    seen = [time_s - BEGIN_S for time_s, _ in gone_through(trajectories, "-32038056#3") if BEGIN_S < time_s <= END_S]
    assert len(told) > 3  # the line lies 1.5 m beyond the end of the lane
    assert all(min(abs(a - b) for b in seen) < 1.5 for a in told) and abs(len(told) - len(seen)) <= 1


@pytest.mark.sumo
def test_a_film_of_trajectories_is_that_of_the_run(tmp_path: Path, trajectories: Path) -> None:
    make_film(ORDER, tmp_path / "run", lambda _: None)
    make_film(replace(ORDER, fcd=trajectories), tmp_path / "fcd", lambda _: None)
    ways = [
        [(r["line"], r["frame"], r["lane"]) for r in rows(tmp_path / name / "truth.csv")] for name in ("run", "fcd")
    ]
    assert ways[0] == ways[1] != []
    assert rows(tmp_path / "run" / "zones.csv") == rows(tmp_path / "fcd" / "zones.csv")


def test_what_cannot_be_filmed_is_refused_before_anything_runs(tmp_path: Path) -> None:
    usual = RunSettings("cologne1", controller="net")
    for order, said in (
        (FilmOrder(usual, junction="x"), "no signal 'x'"),
        (FilmOrder(usual, view="up"), "no view 'up'"),
        (FilmOrder(usual, begin_s=0.0), "has to lie within 25200 s"),
        (FilmOrder(usual, end_s=99999.0), "has to lie within"),
        (FilmOrder(RunSettings("cologne3", controller="net")), "name one by --junction"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            make_film(order, tmp_path / "film", lambda _: None)
    for wrong in ({"rate_hz": 0.0}, {"condition": "snow"}, {"seed": -1}, {"begin_s": 9.0, "end_s": 9.0}):
        with pytest.raises(InvalidInputError):
            FilmOrder(usual, **wrong)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_film_has_usual_times_and_the_first_view() -> None:
    plan = plan_film(FilmOrder(RunSettings("cologne1", controller="net")))
    assert (plan.facts.begin_s, plan.facts.end_s, plan.facts.view) == (25320.0, 25440.0, "east")
