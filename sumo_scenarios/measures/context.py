"""What the measures of one run need to know of it beside SUMO's records: times, network, demand."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import Configuration, read_configuration
from sumo_scenarios.measures.schedule import Schedule, read_schedule
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.resample import resample
from sumo_scenarios.xml_input import open_xml

NET: Final = "net.xml"
SETTINGS: Final = "settings.json"


@dataclass(frozen=True, slots=True)
class Times:
    """Begin, end and step of a run. [s]"""

    begin_s: float
    end_s: float
    step_s: float

    @property
    def steps(self) -> int:
        """Number of simulation steps."""
        return round((self.end_s - self.begin_s) / self.step_s)


@dataclass(frozen=True, slots=True)
class Asked:
    """What `settings.json` says was run; `document` is the whole file."""

    scenario: str
    seed: int
    demand_seed: int
    scale: float
    times: Times
    document: dict[str, Any]

    def configuration(self) -> Configuration:
        """Return the configuration of the scenario. Raises: as `read_configuration`."""
        return read_configuration(catalogue.resolve(self.scenario).config)

    def schedule(self) -> Schedule:
        """Return the demand as its files state it. Raises: InvalidInputError for damaged files."""
        config = self.configuration()
        return read_schedule((*config.routes, *config.additional))

    def drawn_schedule(self) -> Schedule:
        """Return the demand as the run's seed drew it anew. Raises: InvalidInputError for damaged files."""
        config, times_s = self.configuration(), (self.times.begin_s, self.times.end_s)
        with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as folder:
            target = Path(folder) / "demand.rou.xml"
            drawn = resample(config.routes, config.additional, self.demand_seed, times_s, target)
            return read_schedule([drawn.path])


def read_asked(run: Path) -> Asked:
    """Return what was asked of the run in a folder. Raises: BackendError if its settings are missing or damaged."""
    try:
        found = json.loads((run / SETTINGS).read_text(encoding="utf-8"))
        times = Times(float(found["begin_s"]), float(found["end_s"]), float(found["step_s"]))
        if not (times.begin_s < times.end_s and times.step_s > 0):
            raise ValueError(f"times {times}")
        return Asked(
            scenario=str(found["scenario"]),
            seed=int(found["seed"]),
            demand_seed=int(found["demand_seed"]),
            scale=float(found["scale"]),
            times=times,
            document=found,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackendError(f"cannot read {run / SETTINGS}: {type(error).__name__} {error}") from error


def read_run_net(run: Path) -> Net:
    """Return the network that a run kept; read once for all runs on it. Raises: as `read_net`."""
    return read_net_once(run / NET)


def read_net_once(path: Path) -> Net:
    """Return a network, read only if no other one with the same content was read lately. Raises: as `read_net`."""
    with open_xml(path) as stream:
        digest = hashlib.sha256(stream.read()).hexdigest()
    return _net(digest, _Unhashed(path))


class _Unhashed:
    """A path that does not count as a key: the same network lies in the folder of every run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Unhashed)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=2)
def _net(_digest: str, place: _Unhashed) -> Net:
    return read_net(place.path)
