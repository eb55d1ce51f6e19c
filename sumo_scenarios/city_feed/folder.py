"""The folder of a recorded run: `roads.json`, `counts.parquet`, `positions.parquet`, `reads.parquet`,
`truth.parquet`, `drives.parquet`, `incidents.json`, `feed.json`; written once, and read back as observations by minute.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from signal_ctrl.domain.documents import why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.roads_json import MAX_DOCUMENT_BYTES, roads_from_json, roads_to_json
from signal_ctrl.gateways.whole_file import read_whole
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.observations import LoopCount, Observation, Position, TagRead, VehicleKind
from sumo_scenarios.city_feed.tables import CountTable, Drives, PositionTable, ReadTable, Truth

FORMAT: Final = "signal-ctrl city feed 1"
_TRUTH: Final = ("entered", "left", "timed", "travel_time_s", "travel_time_sd_s", "speed_mps", "vehicles", "queue_m")


@dataclass(frozen=True)
class Feed:
    """A recorded run. `facts` is `feed.json`; `incidents` the happenings with their times as they were. [ms, UTC]"""

    network: RoadNetwork
    begin_utc_ms: int
    counts: CountTable
    positions: PositionTable
    reads: ReadTable
    truth: Truth
    drives: Drives
    incidents: tuple[dict[str, Any], ...]
    facts: dict[str, Any]

    @property
    def n_minutes(self) -> int:
        """Whole minutes of the run."""
        return len(self.truth.left)

    def minute_utc_ms(self, minute: int) -> int:
        """Return when a minute, counted from the begin, begins. [ms, UTC]"""
        return self.begin_utc_ms + minute * MINUTE_MS

    def arriving(self, minute: int) -> list[Observation]:
        """Return what arrives in one minute and, of the loops, at its end: counts, positions, reads."""
        return [*self.counts_of(minute), *self.positions_in(minute), *self.reads_in(minute)]

    def counts_of(self, minute: int) -> list[LoopCount]:
        """Return what the loops counted in a minute."""
        table, begin_ms = self.counts, self.minute_utc_ms(minute)
        rows = self._count_rows[self._count_minutes[minute] : self._count_minutes[minute + 1]]
        return [
            LoopCount(
                table.detectors[table.detector[row]],
                begin_ms,
                begin_ms + MINUTE_MS,
                int(table.vehicles[row]),
                float(table.occupied[row]),
                _optional(float(table.speed_mps[row])),
            )
            for row in rows
        ]

    def positions_in(self, minute: int) -> list[Position]:
        """Return the positions that arrive in a minute."""
        return [self._position(row) for row in self._rows(self.positions.received_ms, minute)]

    def reads_in(self, minute: int) -> list[TagRead]:
        """Return the reads of a minute."""
        table = self.reads
        return [
            TagRead(table.readers[table.reader[row]], table.tags[table.tag[row]], int(table.utc_ms[row]))
            for row in self._rows(table.utc_ms, minute)
        ]

    def _rows(self, times_ms: Any, minute: int) -> range:
        at_ms = self.minute_utc_ms(minute)
        first, last = np.searchsorted(times_ms, (at_ms, at_ms + MINUTE_MS))
        return range(int(first), int(last))

    def _position(self, row: int) -> Position:
        table = self.positions
        vehicle = table.vehicle[row]
        return Position(
            vehicle=table.vehicles[vehicle],
            utc_ms=int(table.utc_ms[row]),
            lon=float(table.lon[row]),
            lat=float(table.lat[row]),
            speed_mps=_optional(float(table.speed_mps[row])),
            heading_deg=_optional(float(table.heading_deg[row]) % 360),
            kind=VehicleKind(table.kinds[vehicle]),
        )

    @cached_property
    def _count_rows(self) -> Any:
        return np.argsort(self.counts.minute, kind="stable")

    @cached_property
    def _count_minutes(self) -> Any:
        return np.searchsorted(self.counts.minute[self._count_rows], np.arange(self.n_minutes + 2))


def _optional(value: float) -> float | None:
    return None if np.isnan(value) else value


def write_feed(folder: Path, feed: Feed) -> None:
    """Write the files of a feed into a folder."""
    import polars as pl  # noqa: PLC0415  heavy, and its threads do not survive a fork

    (folder / "roads.json").write_text(roads_to_json(feed.network) + "\n", encoding="utf-8")
    (folder / "incidents.json").write_text(json.dumps(list(feed.incidents), indent=1) + "\n", encoding="utf-8")
    facts = {"format": FORMAT, "begin_utc_ms": feed.begin_utc_ms, **feed.facts}
    (folder / "feed.json").write_text(json.dumps(facts, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    counts, positions, reads = feed.counts, feed.positions, feed.reads
    begin_ms = feed.begin_utc_ms + counts.minute.astype(np.int64) * MINUTE_MS
    pl.DataFrame(
        {
            "detector": pl.Series(counts.detectors, dtype=pl.String).gather(counts.detector),
            "from_utc_ms": begin_ms,
            "vehicles": counts.vehicles,
            "occupied": counts.occupied,
            "speed_mps": counts.speed_mps,
        }
    ).write_parquet(folder / "counts.parquet")
    pl.DataFrame(
        {
            "received_utc_ms": positions.received_ms,
            "vehicle": pl.Series(positions.vehicles, dtype=pl.String).gather(positions.vehicle),
            "kind": pl.Series(positions.kinds, dtype=pl.String).gather(positions.vehicle),
            "utc_ms": positions.utc_ms,
            "lon": positions.lon,
            "lat": positions.lat,
            "speed_mps": positions.speed_mps,
            "heading_deg": positions.heading_deg,
        }
    ).write_parquet(folder / "positions.parquet")
    pl.DataFrame(
        {
            "reader": pl.Series(reads.readers, dtype=pl.String).gather(reads.reader),
            "tag": pl.Series(reads.tags, dtype=pl.String).gather(reads.tag),
            "utc_ms": reads.utc_ms,
        }
    ).write_parquet(folder / "reads.parquet")
    n_minutes, n_roads = feed.truth.left.shape
    names = pl.Series([road.road for road in feed.network.roads], dtype=pl.String)
    pl.DataFrame(
        {
            "minute_utc_ms": np.repeat(feed.begin_utc_ms + np.arange(n_minutes) * MINUTE_MS, n_roads),
            "road": names.gather(np.tile(np.arange(n_roads), n_minutes)),
            **{name: getattr(feed.truth, name).reshape(-1) for name in _TRUTH},
        }
    ).write_parquet(folder / "truth.parquet")
    drives = feed.drives
    pl.DataFrame(
        {
            "vehicle": pl.Series(positions.vehicles, dtype=pl.String).gather(drives.vehicle),
            "road": names.gather(drives.road),
            "entered_utc_ms": drives.entered_ms,
            "left_utc_ms": drives.left_ms,
            "whole": drives.whole,
        }
    ).write_parquet(folder / "drives.parquet")


def read_feed(folder: Path) -> Feed:
    """Return a recorded run. Raises: InvalidInputError if a file of it is missing or damaged."""
    import polars as pl  # noqa: PLC0415  heavy, and its threads do not survive a fork

    network = roads_from_json(read_whole(folder / "roads.json", "roads", MAX_DOCUMENT_BYTES))
    try:
        facts = json.loads(read_whole(folder / "feed.json", "feed"))
        incidents = json.loads(read_whole(folder / "incidents.json", "incidents"))
        if facts.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        begin_ms = int(facts.pop("begin_utc_ms"))
        tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in _TABLES}
        counts, positions = _counts(tables["counts"], network, begin_ms), _positions(tables["positions"])
        reads, truth = _reads(tables["reads"], network), _truth(tables["truth"], network)
        drives = _drives(tables["drives"], network)
    except (OSError, KeyError, TypeError, ValueError, AttributeError, pl.exceptions.PolarsError) as error:
        raise InvalidInputError(f"{folder} is no recorded run: {why(error)}") from error
    return Feed(network, begin_ms, counts, positions, reads, truth, drives, tuple(incidents), facts)


_TABLES: Final = ("counts", "positions", "reads", "truth", "drives")


def _codes(column: Any) -> tuple[tuple[str, ...], Any]:
    words = tuple(column.unique(maintain_order=True).to_list())
    place = {word: at for at, word in enumerate(words)}
    return words, np.array([place[word] for word in column.to_list()], dtype=np.int32)


def _counts(table: Any, network: RoadNetwork, begin_ms: int) -> CountTable:
    detectors, codes = _codes(table["detector"])
    minute = ((table["from_utc_ms"].to_numpy() - begin_ms) // MINUTE_MS).astype(np.int32)
    columns = (table[name].to_numpy() for name in ("vehicles", "occupied", "speed_mps"))
    return CountTable(detectors, minute, codes, *columns)


def _positions(table: Any) -> PositionTable:
    vehicles, codes = _codes(table["vehicle"])
    kind_of = dict(zip(table["vehicle"].to_list(), table["kind"].to_list(), strict=True))
    columns = (table[name].to_numpy() for name in ("lon", "lat", "speed_mps", "heading_deg"))
    times = (table["received_utc_ms"].to_numpy(), table["utc_ms"].to_numpy())
    return PositionTable(vehicles, tuple(kind_of[name] for name in vehicles), *times, codes, *columns)


def _reads(table: Any, network: RoadNetwork) -> ReadTable:
    readers, reader = _codes(table["reader"])
    tags, tag = _codes(table["tag"])
    return ReadTable(readers, tags, table["utc_ms"].to_numpy(), reader, tag)


def _truth(table: Any, network: RoadNetwork) -> Truth:
    n_roads = len(network.roads)
    shape = (len(table) // n_roads, n_roads)
    return Truth(*(table[name].to_numpy().reshape(shape) for name in _TRUTH))


def _drives(table: Any, network: RoadNetwork) -> Drives:
    vehicle = np.array([int(name[1:]) for name in table["vehicle"].to_list()], dtype=np.int32)
    road = np.array([network.index[name] for name in table["road"].to_list()], dtype=np.int32)
    entered_ms, left_ms = (table[name].to_numpy() for name in ("entered_utc_ms", "left_utc_ms"))
    return Drives(vehicle, road, entered_ms, left_ms, table["whole"].to_numpy())


def observations(feed: Feed) -> Iterator[tuple[int, list[Observation]]]:
    """Yield every minute of a feed, by its begin [ms, UTC], with what arrives in it."""
    for minute in range(feed.n_minutes):
        yield feed.minute_utc_ms(minute), feed.arriving(minute)
