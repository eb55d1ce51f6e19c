"""Watched days as files, `NAME.day.npz` beside `roads.json`: arrays of numpy and one JSON document, read strictly."""

import io
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.documents import canonical, read_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roads_json import MAX_DOCUMENT_BYTES, roads_from_json
from signal_ctrl.gateways.whole_file import read_whole, write_whole
from signal_ctrl.watch.foresight.days import Factors, Told, WatchedDay
from signal_ctrl.watch.foresight.slots import Slots
from signal_ctrl.watch.foresight.values import Restriction

FORMAT: Final = "signal-ctrl watched day 1"
SUFFIX: Final = ".day.npz"
ROADS: Final = "roads.json"
_SLOTS: Final = tuple(each.name for each in fields(Slots))
_FACTORS: Final = tuple(each.name for each in fields(Factors))
_MOST_BYTES: Final = 1 << 30


def read_roads(folder: Path) -> RoadNetwork:
    """Return the network of a folder of days. Raises: InvalidInputError if there is none, or it is damaged."""
    return roads_from_json(read_whole(folder / ROADS, "road network", MAX_DOCUMENT_BYTES))


def read_days(folder: Path) -> list[WatchedDay]:
    """Return the days of a folder in the order of their names. Raises: InvalidInputError for a damaged one, or none."""
    files = sorted(folder.glob(f"*{SUFFIX}"))
    if not files:
        raise InvalidInputError(f"{folder} holds no *{SUFFIX}; python -m bench.congestion make writes some")
    return [read_day(each) for each in files]


def write_day(path: Path, day: WatchedDay) -> None:
    """Write a day, whole or not at all. Raises: InvalidInputError if that fails."""
    arrays: dict[str, Any] = {f"seen_{name}": getattr(day.seen, name) for name in _SLOTS}
    if day.true is not day.seen:
        arrays |= {f"true_{name}": getattr(day.true, name) for name in _SLOTS}
    arrays |= {name: getattr(day.factors, name) for name in _FACTORS}
    arrays["document"] = np.frombuffer(canonical(_document(day)).encode(), dtype=np.uint8)
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    write_whole(path, packed.getvalue())


def read_day(path: Path) -> WatchedDay:
    """Return the day of a file. Raises: InvalidInputError if it is none, or damaged."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInputError(f"{path} is longer than {_MOST_BYTES} bytes; it is no watched day")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as packed:
            arrays = {name: packed[name] for name in packed.files}
    except (OSError, ValueError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInputError(f"cannot read the day {path}: {error}; make it again") from error
    try:
        return _day(arrays)
    except KeyError as error:
        raise InvalidInputError(f"{path} is no watched day: it has no {error}") from error
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInputError(f"{path} is no watched day: a value is of another kind than it has to be") from error


def _document(day: WatchedDay) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "day": day.day,
        "kind": day.kind,
        "begin_utc_ms": day.begin_utc_ms,
        "first_slot": day.first_slot,
        "told": [
            {
                "road": each.restriction.road,
                "capacity_left": each.restriction.capacity_left,
                "until_utc_ms": each.restriction.until_utc_ms,
                "from_utc_ms": each.from_utc_ms,
                "to_utc_ms": each.to_utc_ms,
            }
            for each in day.told
        ],
    }


def _day(arrays: dict[str, npt.NDArray[Any]]) -> WatchedDay:
    table = Fields(read_document(arrays["document"].tobytes().decode(), "watched day", FORMAT), "the watched day")
    table.get("format")
    seen = Slots(*(_floats(arrays, f"seen_{name}") for name in _SLOTS))
    true = Slots(*(_floats(arrays, f"true_{name}") for name in _SLOTS)) if "true_ratio" in arrays else seen
    day = WatchedDay(
        day=str(table.get("day")),
        kind=str(table.get("kind")),
        begin_utc_ms=int(table.get("begin_utc_ms")),
        first_slot=int(table.get("first_slot")),
        seen=seen,
        true=true,
        factors=Factors(*(_floats(arrays, name) for name in _FACTORS)),
        told=tuple(_told(each) for each in table.get("told")),
    )
    return day


def _told(row: dict[str, Any]) -> Told:
    until = row["until_utc_ms"]
    restriction = Restriction(str(row["road"]), float(row["capacity_left"]), None if until is None else int(until))
    return Told(restriction, int(row["from_utc_ms"]), int(row["to_utc_ms"]))


def _floats(arrays: dict[str, npt.NDArray[Any]], name: str) -> npt.NDArray[np.float32]:
    found = arrays[name]
    if found.ndim != 2 or found.dtype != np.float32:
        raise InvalidInputError(f"{name} is no table of numbers, slots by roads")
    return found
