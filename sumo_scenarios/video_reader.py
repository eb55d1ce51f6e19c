"""Loop events of one signal from its cameras: frames are rendered between the steps and counted as the street's are."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from detectors.loops.events import LoopEvent
from detectors.video.counter import VideoCounter
from sumo_scenarios.film.camera_loops import LoopCamera, loop_cameras
from sumo_scenarios.film.conditions import condition_named
from sumo_scenarios.film.empty_road import learn_empty_road
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.renderer import Renderer
from sumo_scenarios.film.roadmap import RoadMap, read_roadmap
from sumo_scenarios.film.shutter import Shutter, live_scenes
from sumo_scenarios.film.virtual_loop import VirtualLoop
from sumo_scenarios.logs import EventLog
from sumo_scenarios.net_reader import Net
from sumo_scenarios.simulation import Simulation
from sumo_scenarios.world import SignalUnit, World

RATE_HZ: Final = 10.0


@dataclass(slots=True)
class _Eye:
    """One camera under way, with the loops that it stands for."""

    camera: LoopCamera
    renderer: Renderer
    counter: VideoCounter
    loops: dict[str, VirtualLoop]

    def look(self, scene: Scene) -> list[tuple[str, float, bool]]:
        """Return the edges of a frame: loop, time [s], on."""
        seen = self.counter.step(self.renderer.sent_quickly(self.renderer.frame(scene)), scene.time_s)
        if not seen.valid:
            return []
        lines = {line.name: line.forward for line in self.camera.camera.lines}
        crossed = Counter(each.line for each in seen.crossings if each.direction == lines[each.line])
        occupied = {zone.name: zone.occupied for zone in seen.zones}
        return [
            (name, at_s, on)
            for name, loop in self.loops.items()
            for at_s, on in loop.take(occupied.get(name, False), crossed[name], scene.time_s)
        ]


class VideoReader:
    """The cameras of one signal in place of its loops."""

    def __init__(self, simulation: Simulation, unit: SignalUnit, events: EventLog, cameras: "Cameras") -> None:
        signal = unit.site.signal_id
        self._signal, self._events = signal, events
        self._place = {loop.loop_id: (index, loop.channel) for index, loop in enumerate(unit.layout.loops)}
        self._eyes = cameras.eyes(unit)
        middle = np.mean(
            [(eye.camera.pinhole.x_m, eye.camera.pinhole.y_m) for eye in self._eyes] or [(0.0, 0.0)], axis=0
        )
        scenes = live_scenes(simulation, (float(middle[0]), float(middle[1])))
        self._shutter = Shutter(scenes, cameras.begin_s, RATE_HZ)

    def read(self, time_s: float) -> list[LoopEvent]:
        """Return the events of the last step, in the order of time. [s]"""
        found = []
        for scene in self._shutter.step(time_s):
            edges = [edge for eye in self._eyes for edge in eye.look(scene)]
            found += [LoopEvent(self._place[name][0], at_s, on) for name, at_s, on in edges]
            for name, at_s, on in edges:
                self._events.detector(self._signal, self._place[name][1], on, int(at_s * 10 + 0.5))
        return sorted(found, key=lambda event: event.time_s)


@dataclass(slots=True)
class Cameras:
    """Makes the cameras of a run. [s]"""

    net: Net
    roads: RoadMap
    condition: str
    seed: int
    begin_s: float

    def eyes(self, unit: SignalUnit) -> list[_Eye]:
        """Return the cameras of a signal, each of which has looked at the empty road."""
        cv2.setNumThreads(1)  # OpenCV's threads do not survive a fork
        found: list[_Eye] = []
        for camera in loop_cameras(self.net, self.roads, unit.site.signal_id, unit.layout.loops):
            stops = frozenset(lane.lane_id for lane in unit.layout.lanes)
            condition = condition_named(self.condition)
            seed = self.seed + len(found)
            eye = _Eye(
                camera, Renderer(self.roads, stops, camera.pinhole, condition, seed), VideoCounter(camera.camera),
                {name: VirtualLoop() for name in camera.loops},
            )  # fmt: skip
            learn_empty_road(eye.counter, eye.renderer, self.begin_s, RATE_HZ, eye.renderer.sent_quickly)
            found.append(eye)
        return found


def cameras_of(world: World, condition: str, seed: int, begin_s: float) -> Cameras:
    """Return what makes the cameras of a run. [s]"""
    return Cameras(world.net, read_roadmap(world.net.path), condition, seed, begin_s)
