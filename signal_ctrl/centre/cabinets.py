"""Cabinets as the centre knows them: enrolled with a site that is made at the cabinet and only read here."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from signal_ctrl.centre.shelves import Shelf, ShelfReading, ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_from_json, site_hash
from signal_ctrl.kernel.kernel import Kernel

MAX_CABINETS: Final = 20_000
_MAX_PLACE: Final = 200
_UNKNOWN: Final = "there is no cabinet {}; 'signal-ctrl cabinet enrol' adds one"


@dataclass(frozen=True, slots=True)
class Cabinet:
    """One cabinet. `site` is the document of its site, `district` and `corridor` names of areas (no corridor: empty).

    `place` says in words where it stands, `lon` and `lat` in degrees of WGS 84 where that is known. [ms]
    """

    cabinet: str
    site: str
    site_sha256: str
    district: str
    corridor: str
    enrolled_utc_ms: int
    place: str = ""
    lon: float | None = None
    lat: float | None = None

    def __post_init__(self) -> None:
        if not is_name(self.cabinet):
            raise InvalidInputError(f"'{self.cabinet}' cannot name a cabinet: letters, digits, '.', '_' and '-'")
        if not is_name(self.district) or (self.corridor and not is_name(self.corridor)):
            raise InvalidInputError(f"cabinet {self.cabinet}: district and corridor are names, as 'north' or 'ring-2'")
        if len(self.place) > _MAX_PLACE:
            raise InvalidInputError(f"cabinet {self.cabinet}: its place has more than {_MAX_PLACE} characters")
        if (self.lon is None) != (self.lat is None):
            raise InvalidInputError(f"cabinet {self.cabinet}: give longitude and latitude, or neither")
        if self.lon is not None and self.lat is not None and not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise InvalidInputError(f"cabinet {self.cabinet}: longitude and latitude are degrees of WGS 84")


CABINETS: Final = ShelfSpec(
    "cabinets",
    Cabinet,
    key=lambda c: c.cabinet,
    at_utc_ms=lambda c: c.enrolled_utc_ms,
    columns={"district": lambda c: c.district, "corridor": lambda c: c.corridor},
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cabinet stands: district, corridor (empty: none), words, and degrees of WGS 84 where known."""

    district: str
    corridor: str = ""
    words: str = ""
    lon: float | None = None
    lat: float | None = None


def enrolled(cabinet: str, site: str, place: Place, now_utc_ms: int) -> Cabinet:
    """Return a cabinet with the document of its site. [ms] Raises: InvalidInputError if the site is none."""
    sha256 = site_hash(site_from_json(site))
    return Cabinet(cabinet, site, sha256, place.district, place.corridor, now_utc_ms, place.words, place.lon, place.lat)


@lru_cache(maxsize=MAX_CABINETS)
def site_of(document: str) -> Site:
    """Return the site of a document that was checked when its cabinet was enrolled."""
    return site_from_json(document)


@lru_cache(maxsize=256)
def kernel_of(document: str) -> Kernel:
    """Return a kernel for the site of a document, to rehearse with."""
    return Kernel(site_of(document))


def cabinet_of(reading: ShelfReading, cabinet: str) -> Cabinet:
    """Return a cabinet. Raises: NotFoundError."""
    found = reading.shelf(CABINETS).get(cabinet)
    if found is None:
        raise NotFoundError(_UNKNOWN.format(cabinet))
    return found


def cabinets_of_names(reading: ShelfReading, names: Collection[str]) -> tuple[Cabinet, ...]:
    """Return cabinets in the order of their names' list. Raises: NotFoundError for the first that is not there."""
    found = reading.shelf(CABINETS).several(names)
    missing = next((name for name in names if name not in found), None)
    if missing is not None:
        raise NotFoundError(_UNKNOWN.format(missing))
    return tuple(found[name] for name in names)


def cabinets_in(reading: ShelfReading, column: str, name: str) -> tuple[Cabinet, ...]:
    """Return the cabinets of a district or a corridor, by name. Raises: NotFoundError if there is none."""
    found = reading.shelf(CABINETS).find({column: name}, limit=MAX_CABINETS)
    if not found:
        raise NotFoundError(f"no cabinet is in {column} {name}")
    return by_name(found)


def every_cabinet(reading: ShelfReading) -> tuple[Cabinet, ...]:
    """Return all cabinets, by name."""
    shelf: Shelf[Cabinet] = reading.shelf(CABINETS)
    return by_name(shelf.find(limit=MAX_CABINETS))


def by_name(cabinets: tuple[Cabinet, ...]) -> tuple[Cabinet, ...]:
    """Return cabinets in the order of their names."""
    return tuple(sorted(cabinets, key=lambda c: c.cabinet))
