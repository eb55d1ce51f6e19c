"""What a tuning depends on, as hashes: a cache made from other inputs is stale, and can say from which."""

import hashlib
import json
import os
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from optimiser import pressure
from signal_ctrl.domain.profile import SafetyProfile
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.engine.transitions import stage_tables
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import Configuration
from sumo_scenarios.input_files import input_hashes
from sumo_scenarios.own_programmes import own_programme
from sumo_scenarios.result import sumo_version
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World, build_world

WORDS: Final = {
    "network": "the network",
    "demand": "the demand",
    "profile": "the safety profile",
    "sites": "the sites that are made of the network",
    "changes": "the kernel's times of stage changes",
    "programmes": "the programmes for SUMO's own controllers",
    "decisions": "the code of max_pressure",
    "sumo": "SUMO's version",
}
"""The inputs, and what people call them."""
SHARED: Final = ("network", "demand", "profile", "sumo")
OF: Final = {
    "fixed": (*SHARED, "sites", "changes"),
    "green_wave": (*SHARED, "sites", "changes"),
    "actuated": (*SHARED, "programmes"),
    "delay_based": (*SHARED, "programmes"),
    "max_pressure": (*SHARED, "sites", "changes", "decisions"),
}
"""What the tuning of each controller depends on."""
_LENGTH: Final = 16


@lru_cache(maxsize=16)
def inputs_of(scenario: str, profile: SafetyProfile) -> dict[str, str]:
    """Return the hash of each input, all of them texts.

    Raises: InvalidInputError if the scenario is unknown or unusable.
    """
    return _hashes(build_world(catalogue.resolve(scenario), profile, None, None), profile)


def _hashes(world: World, profile: SafetyProfile) -> dict[str, str]:
    files = input_hashes(world.config)
    tables = [stage_tables(Kernel(unit.site)) for unit in world.units]
    base = RunSettings(str(world.scenario.config), controller="actuated", profile=profile)
    return {
        "network": _hash(_files(world.config, files, (world.config.net,))),
        "demand": _hash(_files(world.config, files, (*world.config.routes, *world.config.additional))),
        "profile": _hash(asdict(profile)),
        "sites": _hash([site_hash(unit.site) for unit in world.units]),
        "changes": _hash([[t.end_s.tolist(), t.start_s.tolist(), t.settled_s.tolist()] for t in tables]),
        "programmes": _hash([repr(own_programme(unit, base, world.quantum_ds).steps) for unit in world.units]),
        "decisions": _hash(Path(pressure.__file__).read_text(encoding="utf-8")),
        "sumo": sumo_version() or "unknown",
    }


def _files(config: Configuration, hashes: dict[str, str], paths: tuple[Path, ...]) -> list[str]:
    """Return the hashes of some files, whatever their folder is called."""
    return [hashes[os.path.relpath(path, config.path.parent)] for path in paths]


def combined(inputs: dict[str, str], controller: str) -> str:
    """Return one hash over what the tuning of a controller depends on."""
    return _hash({name: inputs[name] for name in OF[controller]})


def changed(then: dict[str, str], now: dict[str, str], controller: str) -> list[str]:
    """Return what has changed for a controller since a tuning, in words."""
    return [WORDS[name] for name in OF[controller] if then.get(name) != now[name]]


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
