"""The town that tests are made with, its files, and the lamp referee over a run on it."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from sumo_scenarios.newtown.files import NewTown
from sumo_scenarios.newtown.signals import WALKER_MPS

TOWN = NewTown(2, 3, 1)
_REFEREE = Path(__file__).parents[2] / "oracles" / "check_lamps.py"


def departing(folder: Path, name: str) -> list[ElementTree.Element]:
    """Return the elements of a file of routes or additions."""
    return list(ElementTree.parse(folder / name).getroot())


def refereed(run: Path, *more: str) -> str:
    """Return what the referee finds in the lamps of a run, people's clearance included; empty if it finds nothing."""
    files = (str(run / "net.xml"), str(run / "tls_states.xml.gz"))
    command = [sys.executable, str(_REFEREE), *files, *more, "--ped-speed", str(WALKER_MPS)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if judged.returncode == 0 else judged.stdout or judged.stderr
