"""A film and its truth as files of a folder."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.film.camera_text import camera_text
from sumo_scenarios.film.truth import CROSSING_COLUMNS, ZONE_COLUMNS, Witness, crossing_rows, zone_rows
from sumo_scenarios.film.views import View

Image = NDArray[np.uint8]

FILM: Final = "film.mp4"
CAMERA: Final = "camera.toml"
TRUTH: Final = "truth.csv"
ZONES: Final = "zones.csv"
STILL: Final = "still.png"
ABOUT: Final = "film.json"


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What a film is of."""

    scenario: str
    junction: str
    view: str
    condition: str
    controller: str
    begin_s: float
    end_s: float
    rate_hz: float
    seed: int


class FilmWriter:
    """Writes the frames of a film; `finish` writes the rest."""

    def __init__(self, folder: Path, view: View, facts: FilmFacts) -> None:
        """Raises: BackendError if the machine's OpenCV cannot write the film."""
        self._folder, self._view, self._facts = folder, view, facts
        size = (view.pinhole.width_px, view.pinhole.height_px)
        code = cv2.VideoWriter.fourcc(*"mp4v")
        self._writer = cv2.VideoWriter(str(folder / FILM), code, facts.rate_hz, size)
        if not self._writer.isOpened():
            raise BackendError(f"cannot write {folder / FILM}: OpenCV has no encoder for it, or the disk is full")
        self._frames = 0
        self._still: tuple[int, Image] | None = None

    def add(self, frame: Image, road_users: int) -> None:
        """Append a frame; the still shows the one with most road users."""
        self._writer.write(frame)
        self._frames += 1
        if self._still is None or road_users > self._still[0]:
            self._still = (road_users, frame.copy())

    def finish(self, witness: Witness) -> dict[str, object]:
        """Write what goes with the film; return what it is of."""
        self._writer.release()
        presence = witness.presence()
        _write_csv(self._folder / TRUTH, CROSSING_COLUMNS, crossing_rows(witness.crossings))
        _write_csv(self._folder / ZONES, ZONE_COLUMNS, zone_rows(presence))
        facts = self._facts
        remark = f"{facts.scenario}, junction {facts.junction}, view {facts.view}"
        (self._folder / CAMERA).write_text(camera_text(self._view.camera, remark), encoding="utf-8")
        if self._still is not None:
            cv2.imwrite(str(self._folder / STILL), self._still[1])
        about = {name: getattr(facts, name) for name in FilmFacts.__slots__}
        about |= {"frames": self._frames, "crossings": len(witness.crossings), "zones": len(self._view.zones)}
        (self._folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        return about


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
