"""The document of a road network, `roads.json`: roads, turns, loops, readers, read strictly."""

from typing import Any, Final

from signal_ctrl.domain.documents import canonical, is_number, read_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields
from signal_ctrl.domain.roads import LonLat, Road, RoadClass, RoadLoop, RoadNetwork, RoadReader, RoadTurn

FORMAT: Final = "signal-ctrl roads 1"
MAX_DOCUMENT_BYTES: Final = 1 << 26
_DIGITS: Final = 7
"""Decimals of a degree: a centimetre."""


def roads_to_json(network: RoadNetwork) -> str:
    """Return the canonical document of a network."""
    return canonical(roads_document(network))


def roads_document(network: RoadNetwork) -> dict[str, Any]:
    """Return a network as a JSON object."""
    return {
        "format": FORMAT,
        "roads": [_road_document(each) for each in network.roads],
        "turns": [
            {"from": each.from_road, "to": each.to_road, "lanes": each.lanes, "minor": each.minor}
            for each in network.turns
        ],
        "loops": [
            {
                "detector": each.detector,
                "road": each.road,
                "lane": each.lane,
                "position_m": each.position_m,
                "length_m": each.length_m,
            }
            for each in network.loops
        ],
        "readers": [
            {"reader": each.reader, "road": each.road, "position_m": each.position_m} for each in network.readers
        ],
    }


def roads_from_json(text: str) -> RoadNetwork:
    """Return the network of a document.

    Raises: InvalidInputError if it is no roads document, or the network would not be whole.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"not a roads document: longer than {MAX_DOCUMENT_BYTES} characters")
    return roads_of_document(read_document(text, "roads", FORMAT))


def roads_of_document(document: dict[str, Any]) -> RoadNetwork:
    """Return the network of a JSON object. Raises: as `roads_from_json`."""
    table = Fields(document, "the roads document")
    table.get("format")
    network = RoadNetwork(
        tuple(_road(Fields(each, f"road {at}")) for at, each in enumerate(table.tables("roads"))),
        tuple(_turn(Fields(each, f"turn {at}")) for at, each in enumerate(table.tables("turns", []))),
        tuple(_loop(Fields(each, f"loop {at}")) for at, each in enumerate(table.tables("loops", []))),
        tuple(_reader(Fields(each, f"reader {at}")) for at, each in enumerate(table.tables("readers", []))),
    )
    table.done()
    return network


def _road_document(road: Road) -> dict[str, Any]:
    return {
        "road": road.road,
        "from": road.from_node,
        "to": road.to_node,
        "length_m": road.length_m,
        "lanes": road.lanes,
        "free_speed_mps": road.free_speed_mps,
        "capacity_veh_h": road.capacity_veh_h,
        "class": road.road_class.value,
        "shape": [[round(lon, _DIGITS), round(lat, _DIGITS)] for lon, lat in road.shape],
        "signal": road.signal,
        "name": road.name,
        "district": road.district,
    }


def _road(table: Fields) -> Road:
    road = Road(
        road=table.text("road"),
        from_node=table.text("from"),
        to_node=table.text("to"),
        length_m=table.number("length_m"),
        lanes=table.whole("lanes"),
        free_speed_mps=table.number("free_speed_mps"),
        capacity_veh_h=table.number("capacity_veh_h"),
        road_class=_class(table),
        shape=tuple(_place(table, each) for each in table.tables("shape")),
        signal=table.text("signal", ""),
        name=table.text("name", ""),
        district=table.text("district", ""),
    )
    table.done()
    return road


def _turn(table: Fields) -> RoadTurn:
    turn = RoadTurn(table.text("from"), table.text("to"), table.whole("lanes", 1), table.flag("minor", False))
    table.done()
    return turn


def _loop(table: Fields) -> RoadLoop:
    loop = RoadLoop(
        table.text("detector"),
        table.text("road"),
        table.whole("lane"),
        table.number("position_m"),
        table.number("length_m", 2.0, 0.0),
    )
    table.done()
    return loop


def _reader(table: Fields) -> RoadReader:
    reader = RoadReader(table.text("reader"), table.text("road"), table.number("position_m"))
    table.done()
    return reader


def _class(table: Fields) -> RoadClass:
    text = table.text("class")
    try:
        return RoadClass(text)
    except ValueError:
        names = ", ".join(each.value for each in RoadClass)
        raise InvalidInputError(f"{table.where}: unknown class '{text}'; choose of {names}") from None


def _place(table: Fields, value: Any) -> LonLat:
    if not isinstance(value, list) or len(value) != 2 or not all(map(is_number, value)):
        raise InvalidInputError(f"{table.where}: each place of 'shape' is two numbers, longitude and latitude")
    return float(value[0]), float(value[1])
