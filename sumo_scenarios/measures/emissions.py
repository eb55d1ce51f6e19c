"""Emissions and fuel of all vehicles on the network, by SUMO's own emission model on the recorded trajectories.

SUMO's emission device adds up, step by step, what the model says for the vehicle's class at its speed and
acceleration. The same sum is taken here after the run, from the model's map as SUMO's tool `emissionsMap` writes it:
inside the run it would cost more than all other evidence together. A test holds the result against the device.
Gradients of the road are left out.
"""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.figures import Document, Floats, rounded
from sumo_scenarios.measures.trajectories import Trajectories
from sumo_scenarios.simulation import sumo_home

NAMES: Final = {"CO2": "co2_kg", "CO": "co_kg", "NOx": "nox_kg", "PMx": "pm_kg", "HC": "hc_kg", "fuel": "fuel_kg"}
"""Figures by SUMO's name; its maps are in mg/s. Fuel is a mass too."""
_MG_PER_KG: Final = 1e6
_SPEED_MAX_MPS: Final = 60.0
_SPEED_STEP_MPS: Final = 0.5
_ACCELERATION_MPS2: Final = 10.0
_ACCELERATION_STEP_MPS2: Final = 0.1
_TIMEOUT_S: Final = 60.0


def emission_figures(table: Trajectories, classes: Sequence[str], distance_km: float) -> Document:
    """Return masses [kg], grams of CO2 a kilometre, and the emission classes used.

    Args: classes, emission class by vehicle, shape (n_vehicles,); distance_km, driven by all vehicles [km].
    """
    names = sorted(set(classes))
    code_of = {name: code for code, name in enumerate(names)}
    of_row = np.array([code_of[name] for name in classes], dtype=np.int32)[table.vehicle]
    totals_kg = dict.fromkeys(NAMES.values(), 0.0)
    speed_mps, acceleration_mps2 = table.speed_mps, _acceleration_mps2(table)
    for name in names:
        rows = of_row == code_of[name]
        for figure, mass_mg_s in _masses(name, speed_mps[rows], acceleration_mps2[rows]).items():
            totals_kg[figure] += mass_mg_s * table.sample_s / _MG_PER_KG
    per_km = 1000.0 * totals_kg["co2_kg"] / distance_km if distance_km > 0 else None
    return {
        **{figure: rounded(mass_kg) for figure, mass_kg in totals_kg.items()},
        "co2_g_per_km": None if per_km is None else rounded(per_km),
        "emission_classes": names,
    }


def _acceleration_mps2(table: Trajectories) -> Floats:
    """Return the change of speed since the sample before; 0 for a vehicle's first. [m/s2]"""
    change = np.zeros(len(table.speed_mps))
    change[1:] = np.where(table.joined[1:], np.diff(table.speed_mps), 0.0) / table.sample_s
    return change


@dataclass(frozen=True)
class EmissionMap:
    """Mass by speed and acceleration [mg/s] on an even grid, shape (n_figures, n_speeds, n_accelerations)."""

    figures: tuple[str, ...]
    masses: Floats


def _masses(name: str, speed_mps: Floats, acceleration_mps2: Floats) -> Mapping[str, float]:
    """Return the sum over rows of the map's masses, linear between its points. [mg/s]"""
    found = emission_map(name)
    speeds, accelerations = found.masses.shape[1:]
    x = np.clip(speed_mps / _SPEED_STEP_MPS, 0, speeds - 1.001)
    y = np.clip((acceleration_mps2 + _ACCELERATION_MPS2) / _ACCELERATION_STEP_MPS2, 0, accelerations - 1.001)
    i, j = x.astype(np.int64), y.astype(np.int64)
    u, v = x - i, y - j
    cell = i * accelerations + j
    weights = np.zeros(speeds * accelerations)
    near, far = (1 - u) * (1 - v), u * v
    for shift, weight in ((0, near), (1, v - far), (accelerations, u - far), (accelerations + 1, far)):
        weights += np.bincount(cell + shift, weights=weight, minlength=len(weights))
    sums = found.masses.reshape(len(found.figures), -1) @ weights
    return dict(zip(found.figures, sums.tolist(), strict=True))


@lru_cache(maxsize=64)
def emission_map(name: str) -> EmissionMap:
    """Return the map of an emission class. Raises: BackendError if SUMO's tool cannot make it."""
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as folder:
        target = Path(folder) / "map.csv"
        command = [str(sumo_home() / "bin" / "emissionsMap"), "--emission-class", name, "--output", str(target)]
        command += ["--v-min", "0", "--v-max", str(_SPEED_MAX_MPS), "--v-step", str(_SPEED_STEP_MPS)]
        command += ["--a-min", str(-_ACCELERATION_MPS2), "--a-max", str(_ACCELERATION_MPS2)]
        command += ["--a-step", str(_ACCELERATION_STEP_MPS2), "--s-min", "0", "--s-max", "0"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            raise BackendError(f"no emission map of class {name}: {error}") from error
        try:
            return _read_map(target)
        except (OSError, ValueError, IndexError) as error:
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise BackendError(f"SUMO has no emission map of class {name}: {said[-1]}") from error


def _read_map(path: Path) -> EmissionMap:
    """Return the map of a file: lines `speed;acceleration;slope;name;mass`, every point of the grid in its order.

    Raises: ValueError if it is no such map. Read without polars: a process that has used its threads cannot fork.
    """
    rows = [line.split(";") for line in path.read_text(encoding="utf-8").split()]
    masses = []
    for name in NAMES:
        found = [row for row in rows if row[3] == name]
        shape = (len({row[0] for row in found}), len({row[1] for row in found}))
        masses.append(np.array([float(row[4]) for row in found]).reshape(shape))
    return EmissionMap(tuple(NAMES.values()), np.stack(masses))
