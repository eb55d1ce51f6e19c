"""The files of a scenario made from counts: network, routes, additional files of its model, and a configuration."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import tostring
from xml.sax.saxutils import quoteattr

import numpy as np

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import catalogue
from sumo_scenarios.arguments import own_copy
from sumo_scenarios.configuration import Configuration, read_configuration
from sumo_scenarios.counting.passages import Departure
from sumo_scenarios.fleet import DEFAULT_TYPE, Fleet, read_fleet
from sumo_scenarios.plain_net import write_rows
from sumo_scenarios.xml_input import open_xml

_CAR: Final = "car"
_NETS: Final = (".xml", ".gz")


@dataclass(frozen=True, slots=True)
class Model:
    """What a new scenario is made of: a network, and the rest of a scenario where one was named."""

    net: Path
    config: Configuration | None
    fleet: Fleet

    @property
    def additional(self) -> tuple[Path, ...]:
        """Additional files of the scenario."""
        return self.config.additional if self.config is not None else ()


def read_model(source: str) -> Model:
    """Return the model of a network file, a `.sumocfg` or a name of the catalogue.

    Raises: InvalidInputError for a file that is missing or damaged, or an unknown name.
    """
    path = Path(source)
    if path.is_file() and path.suffix in _NETS:
        return Model(path.resolve(), None, Fleet((), {}))
    if path.suffix in _NETS:
        raise InvalidInputError(f"no network file '{source}'")
    config = read_configuration(catalogue.resolve(source).config)
    return Model(config.net, config, read_fleet(config.routes))


def write_scenario(
    model: Model,
    folder: Path,
    name: str,
    departures: Sequence[Departure],
    end_s: float,
    rng: np.random.Generator,
) -> Path:
    """Write the files of a scenario into a folder and return its configuration."""
    with open_xml(model.net) as source, (folder / f"{name}.net.xml").open("wb") as target:
        shutil.copyfileobj(source, target)
    more = [own_copy(path, folder / f"{name}.{k}.add.xml", frozenset()).name for k, path in enumerate(model.additional)]
    _write_routes(model.fleet, folder / f"{name}.rou.xml", departures, rng)
    inputs = [f'<net-file value="{name}.net.xml"/>', f'<route-files value="{name}.rou.xml"/>']
    inputs += [f"<additional-files value={quoteattr(','.join(more))}/>"] if more else []
    begin_s = min(departures[0].depart_s if departures else 0.0, end_s - 1.0)
    step_s = model.config.step_s if model.config is not None else 1.0
    rows = [
        f"<input>{''.join(inputs)}</input>",
        f'<time><begin value="{int(begin_s)}"/><end value="{end_s:.12g}"/><step-length value="{step_s:g}"/></time>',
        '<processing><time-to-teleport value="-1"/></processing>',
    ]
    write_rows(folder / f"{name}.sumocfg", "configuration", rows)
    return folder / f"{name}.sumocfg"


def _write_routes(fleet: Fleet, path: Path, departures: Sequence[Departure], rng: np.random.Generator) -> None:
    shares = fleet.cars()
    names, weights = list(shares), np.array(list(shares.values()))
    kinds = [tostring(kind, encoding="unicode").strip() for kind in fleet.kinds]
    if not fleet.used:
        kinds, names = [f'<vType id="{_CAR}"/>'], [_CAR]
    drawn = rng.choice(len(names), size=len(departures), p=weights)
    rows = [
        f'<vehicle id="v{k}" {_type_of(names[drawn[k]])}depart="{each.depart_s:.2f}" departLane="best" '
        f'departSpeed="max"><route edges={quoteattr(" ".join(each.edges))}/></vehicle>'
        for k, each in enumerate(departures)
    ]
    write_rows(path, "routes", [*kinds, *rows])


def _type_of(name: str) -> str:
    return "" if name == DEFAULT_TYPE else f"type={quoteattr(name)} "
