"""Runs with their evidence for the tests of the measures, and files of a run changed as a cheat would."""

import gzip
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from sumo_scenarios.run import Order, RunResult, execute_all
from sumo_scenarios.settings import RunSettings

TRIP = re.compile(r"\s*<tripinfo [^>]*/>|\s*<tripinfo [^>]*[^/]>.*?</tripinfo>", re.DOTALL)


def make_run(settings: RunSettings, folder: Path, evidence: bool = True, detailed: bool = True) -> RunResult:
    """Make a run in `folder/run` with its evidence in `folder/evidence`."""
    target = folder / "evidence" if evidence else None
    (result,) = execute_all([Order(settings, folder / "run", False, target, detailed)], lambda _index, _progress: None)
    assert result.status == "complete", result.error
    return result


def copy_of(folder: Path, target: Path) -> Path:
    """Copy a run and its evidence for somebody to tamper with."""
    shutil.copytree(folder, target)
    return target


def read_packed(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    """Change the text of a file, plain or gzip'd."""
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(change(read_packed(path)).encode()))
    else:
        path.write_text(change(path.read_text()))


def drop_trips(run: Path, dropped: Callable[[str], bool]) -> int:
    """Take trips out of the records, and out of SUMO's counts so that these agree; return how many."""
    gone = [trip for trip in TRIP.findall(read_packed(run / "tripinfo.xml.gz")) if dropped(trip)]
    lost = set(gone)
    rewrite(run / "tripinfo.xml.gz", lambda text: TRIP.sub(lambda found: "" if found[0] in lost else found[0], text))
    inserted = sum('depart="-1' not in trip for trip in gone)
    rewrite(run / "statistics.xml", lambda text: _less(_less(text, "loaded", len(gone)), "inserted", inserted))
    return len(gone)


def _less(text: str, name: str, by: int) -> str:
    return re.sub(rf'{name}="(\d+)"', lambda found: f'{name}="{int(found[1]) - by}"', text, count=1)


def elements(path: Path) -> list[str]:
    """Return the lines of one of SUMO's files behind the comment on top."""
    return read_packed(path).split("-->", 1)[1].splitlines()
