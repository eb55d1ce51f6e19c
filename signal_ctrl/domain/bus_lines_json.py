"""The document of bus lines and runs, `buses.json`, read strictly."""

from typing import Any, Final

from signal_ctrl.domain.bus_lines import BusLine, BusRun, BusService, BusStop
from signal_ctrl.domain.documents import canonical, is_number, read_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields

FORMAT: Final = "signal-ctrl buses 1"
MAX_DOCUMENT_BYTES: Final = 1 << 23


def buses_to_json(service: BusService) -> str:
    """Return the canonical document of lines and runs."""
    return canonical(
        {
            "format": FORMAT,
            "midnight_utc_ms": service.midnight_utc_ms,
            "lines": [_line_document(line) for line in service.lines],
            "runs": [
                {
                    "vehicle": run.vehicle,
                    "line": run.line,
                    "due_s": list(run.due_s),
                    "places": run.places,
                    "tag": run.tag,
                }
                for run in service.runs
            ],
        }
    )


def buses_from_json(text: str) -> BusService:
    """Return lines and runs of a document. Raises: InvalidInputError that names the place."""
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"not a buses document: longer than {MAX_DOCUMENT_BYTES} characters")
    table = Fields(read_document(text, "buses", FORMAT), "the buses document")
    table.get("format")
    service = BusService(
        tuple(_line(Fields(each, f"line {at}")) for at, each in enumerate(table.tables("lines"))),
        tuple(_run(Fields(each, f"run {at}")) for at, each in enumerate(table.tables("runs", []))),
        table.whole("midnight_utc_ms", 0),
    )
    table.done()
    return service


def _line_document(line: BusLine) -> dict[str, Any]:
    return {
        "line": line.line,
        "roads": list(line.roads),
        "stops": [
            {
                "stop": each.stop,
                "road": each.road,
                "position_m": each.position_m,
                "name": each.name,
                "holds": each.holds,
            }
            for each in line.stops
        ],
        "headway_s": line.headway_s,
    }


def _line(table: Fields) -> BusLine:
    stops = tuple(_stop(Fields(each, f"{table.where}, stop {at}")) for at, each in enumerate(table.tables("stops", [])))
    headway_s = table.get("headway_s", None)
    line = BusLine(
        table.text("line"),
        table.names("roads"),
        stops,
        None if headway_s is None else table.number("headway_s"),
    )
    table.done()
    return line


def _stop(table: Fields) -> BusStop:
    stop = BusStop(
        table.text("stop"),
        table.text("road"),
        table.number("position_m"),
        table.text("name", ""),
        table.flag("holds", False),
    )
    table.done()
    return stop


def _run(table: Fields) -> BusRun:
    due = table.get("due_s", [])
    if not isinstance(due, list) or not all(map(is_number, due)):
        raise InvalidInputError(f"{table.where}: 'due_s' is a list of seconds after midnight")
    places, tag = table.whole("places", 80), table.text("tag", "")
    run = BusRun(table.text("vehicle"), table.text("line"), tuple(map(float, due)), places, tag)
    table.done()
    return run
