"""What is known of a city before it runs: its picture, its roads, where its signals stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import LonLat, RoadNetwork
from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.city_feed.loop_output import write_loop_detectors
from sumo_scenarios.city_feed.road_network import earth_of_net, network_of
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.geojson_export import export_geojson
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.switching import read_additional

DISTRICT: Final = "city"
NOWHERE: Final = "/dev/null"


@dataclass(frozen=True, slots=True)
class City:
    """A city. `degrees`, its way from metres to longitude and latitude; `signals`, where each of them stands."""

    net: Net
    geojson: str
    network: RoadNetwork
    degrees: Callable[[float, float], LonLat]
    signals: Mapping[str, LonLat]

    def write_loops(self, path: Path) -> None:
        """Write the loops of its roads as an additional file of SUMO; they are read while it runs."""
        write_loop_detectors(path, self.network, self.net, Path(NOWHERE))


def read_city(scenario: Scenario, begin_s: float) -> City:
    """Return the city of a scenario. Args: begin_s, when its programmes are looked at. [s]

    Raises: InvalidInputError if it cannot be read.
    """
    config = read_configuration(scenario.config)
    net = read_net(config.net)
    geojson, _, _ = export_geojson(config.net)
    degrees = earth_of_net(config.net).degrees
    network = network_of(net, read_additional(config.additional), begin_s)
    return City(net, geojson, network, degrees, signal_places(net, degrees))


def signal_places(net: Net, degrees: Callable[[float, float], LonLat]) -> dict[str, LonLat]:
    """Return where each signal stands: in the middle of the junctions that it serves."""
    found = {}
    for signal, connections in net.signal_links.items():
        nodes = {place[0] for each in connections if (place := net.place(each)) is not None}
        at_m = [net.junctions[node].position for node in sorted(nodes)]
        if not at_m:
            raise InvalidInputError(f"signal {signal} serves no junction of the network")
        found[signal] = degrees(sum(x for x, _ in at_m) / len(at_m), sum(y for _, y in at_m) / len(at_m))
    return found
