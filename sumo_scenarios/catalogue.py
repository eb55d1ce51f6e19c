"""The scenarios that come with the engine, and any `.sumocfg` of the user's own."""

import difflib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError

_RESCO: Final = "RESCO benchmark (Ault & Sharon 2021), files of the PyPI package sumo-rl"
_COLOGNE: Final = "cut from TAPAS Cologne (DLR and partners); the data may be used for research"
_INGOLSTADT: Final = "cut from InTAS, the Ingolstadt traffic scenario (Lobo et al. 2020)"
_SYNTHETIC: Final = "synthetic network of the benchmark"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A SUMO configuration with a name. `terms` says what the underlying data may be used for.

    `slot_s` is the slot of the published max-pressure and greedy figures for this network. [s]
    """

    name: str
    config: Path
    description: str
    source: str
    terms: str
    from_catalogue: bool
    slot_s: float = 10.0


_CATALOGUE: Final = {
    "cologne1": ("1 signal, 07:00-08:00, 2,015 trips", _COLOGNE),
    "cologne3": ("3 signals on a corridor, 07:00-08:00, 4,494 trips", _COLOGNE),
    "cologne8": ("8 signals of a district, 07:00-08:00, 2,046 trips", _COLOGNE),
    "ingolstadt1": ("1 signal, 16:00-17:00, 1,716 trips", _INGOLSTADT),
    "ingolstadt7": ("7 signals on a corridor, 16:00-17:00, 3,031 trips", _INGOLSTADT),
    "ingolstadt21": ("21 signals of the town, 16:00-17:00, 4,283 trips", _INGOLSTADT),
    "grid4x4": ("16 signals, wide grid, 1 h, 1,473 trips", _SYNTHETIC),
    "arterial4x4": ("16 signals, one-lane side streets, oversaturated, 1 h, 2,484 trips", _SYNTHETIC),
}

_SLOTS_S: Final = {"arterial4x4": 5.0}


def names() -> tuple[str, ...]:
    """Return the names of the catalogue."""
    return tuple(_CATALOGUE)


def resolve(scenario: str) -> Scenario:
    """Return the scenario of a catalogue name or of the path of a `.sumocfg`.

    Raises: InvalidInputError for an unknown name or a missing file; BackendError if the networks are not installed.
    """
    if scenario in _CATALOGUE:
        description, terms = _CATALOGUE[scenario]
        config = _networks_folder() / scenario / f"{scenario}.sumocfg"
        if not config.is_file():
            raise BackendError(f"the files of {scenario} are missing: install the package sumo-rl again")
        return Scenario(scenario, config, description, _RESCO, terms, True, _SLOTS_S.get(scenario, 10.0))
    path = Path(scenario)
    if path.suffix == ".sumocfg" or path.exists() or "/" in scenario:
        if not path.is_file():
            raise InvalidInputError(f"no configuration file '{scenario}'")
        return Scenario(path.stem, path.resolve(), "configuration of the user", str(path), "of the user", False)
    near = difflib.get_close_matches(scenario, _CATALOGUE, n=3, cutoff=0.4) or sorted(_CATALOGUE)
    raise InvalidInputError(
        f"unknown scenario '{scenario}'; did you mean {', '.join(near)}? Or give the path of a .sumocfg"
    )


def _networks_folder() -> Path:
    spec = importlib.util.find_spec("sumo_rl")
    if spec is None or not spec.submodule_search_locations:
        raise BackendError("the catalogue needs the package sumo-rl: run 'make setup'")
    return Path(spec.submodule_search_locations[0]) / "nets" / "RESCO"
