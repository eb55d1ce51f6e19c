"""The films on which the counter is measured: five cameras of five kinds, at junctions of three networks."""

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.shutter import REACH_M, Shutter
from sumo_scenarios.film.site import Site, only_junction, site_of
from sumo_scenarios.film.trajectories import fcd_scenes
from sumo_scenarios.film.views import View, view_named
from sumo_scenarios.fleet import read_fleet
from sumo_scenarios.net_reader import read_net
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.sumo_program import run_program, said_of

_LONGEST_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Place:
    """A camera: network, signal (empty: the only one), view, and the second of the simulation when counting begins."""

    name: str
    scenario: str
    junction: str
    view: str
    begin_s: float


PLACES: Final = (
    Place("arm over the junction, two lanes", "cologne1", "", "east", 25320.0),
    Place("pole at the kerb", "cologne1", "", "south-side", 25320.0),
    Place("arm over the junction, three lanes, trucks and buses", "corridor", "K4", "north", 25500.0),
    Place("from behind, four lanes, trucks and buses", "corridor", "K4", "west-behind", 25500.0),
    Place("across two lanes", "ingolstadt1", "", "west-across", 57780.0),
)


@dataclass(frozen=True)
class Stage:
    """A place made ready: its site, its view, and the scenes at the steps of the simulation from the begin on."""

    site: Site
    view: View
    scenes: tuple[Scene, ...]

    def between(self, rate_hz: float) -> Iterator[Scene]:
        """Yield the scenes of a film from the first step on. [1/s]"""
        steps = iter(self.scenes)
        waiting: list[Scene] = []
        shutter = Shutter(lambda _: waiting[0], self.scenes[0].time_s, rate_hz)
        for scene in steps:
            waiting[:] = [scene]
            yield from shutter.step(scene.time_s)


def staged(place: Place, before_s: float, lasts_s: float, seed: int) -> Stage:
    """Return the stage of a place: SUMO drives under the network's own programmes, `before_s` of it before the begin.

    Raises: BackendError if SUMO fails; InvalidInputError for a place that does not exist or has no traffic.
    """
    if not 0.0 < lasts_s <= _LONGEST_S:
        raise InvalidInputError(f"a film lasts up to {_LONGEST_S:g} s, not {lasts_s:g}")
    config = catalogue.resolve(place.scenario).config
    configuration = read_configuration(config)
    net = read_net(configuration.net)
    site = site_of(net, place.junction or only_junction(net))
    view = view_named(site.legs, place.view)
    span_s = (place.begin_s - before_s, place.begin_s + lasts_s)
    begin_s = min(configuration.begin_s or 0.0, span_s[0])
    fleet = read_fleet((*configuration.routes, *configuration.additional))
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-film-") as scratch:
        target = Path(scratch) / "fcd.xml.gz"
        _drive(config, (begin_s, span_s[1]), seed, target, span_s[0])
        found = fcd_scenes(target, fleet, configuration.step_s)
        scenes = tuple(_near(scene, view) for scene in found if scene.time_s >= span_s[0] - 1e-9)
    if len(scenes) < 2:
        raise InvalidInputError(f"{place.scenario} has no traffic from {span_s[0]:g} s on")
    return Stage(site, view, scenes)


def _drive(config: Path, span_s: tuple[float, float], seed: int, target: Path, record_s: float) -> None:
    """Let SUMO drive and write where everybody is, from `record_s` on. [s]"""
    command = [
        *(str(sumo_home() / "bin" / "sumo"), "-c", str(config), "--seed", str(seed)),
        *("--begin", f"{span_s[0]:g}", "--end", f"{span_s[1] + 1:g}", "--time-to-teleport", "-1"),
        *("--fcd-output", str(target), "--fcd-output.signals", "true", "--device.fcd.begin", f"{record_s:g}"),
        *("--no-step-log", "true", "--no-warnings", "true"),
    ]
    done = run_program(command, "SUMO", _LONGEST_S)
    if done.returncode or not target.exists():
        raise BackendError(f"SUMO cannot drive {config}: {said_of(done)}")


def _near(scene: Scene, view: View) -> Scene:
    """Return the part of a scene that the camera may see."""
    place = (view.pinhole.x_m, view.pinhole.y_m)
    return scene.only([math.dist(front, place) <= REACH_M for front in scene.front])


def place_named(name: str) -> Place:
    """Return the place of a view's name, as SCENARIO/VIEW. Raises: InvalidInputError for another one."""
    found = next((place for place in PLACES if key_of(place) == name), None)
    if found is None:
        raise InvalidInputError(f"no place '{name}'; choose of {', '.join(map(key_of, PLACES))}")
    return found


def key_of(place: Place) -> str:
    """Return the short name of a place."""
    return "/".join(part for part in (place.scenario, place.junction, place.view) if part)
