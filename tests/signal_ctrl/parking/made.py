"""Facilities, clocks and services for the tests of parking."""

from itertools import count

from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.parking.facilities import Entrance, Facilities, Facility, FacilityKind, Section, Sensing, SpaceKind
from signal_ctrl.parking.machines import MachineKind
from signal_ctrl.parking.readings import GateReading, SpaceReading
from signal_ctrl.parking.service import Parking
from signal_ctrl.stores.migrations import PARKING_MIGRATIONS
from signal_ctrl.stores.opening import open_memory
from signal_ctrl.stores.store import SqlStore

BEGIN_MS = 1_790_000_000_000
MINUTE_MS = 60_000


class PlainBox:
    """Seals by turning round: enough to see that nothing is kept as it is."""

    def seal(self, text: str) -> str:
        return text[::-1]

    def unseal(self, sealed: str) -> str:
        return sealed[::-1]


def numbers(prefix: str, many: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{k:03d}" for k in range(1, many + 1))


def facility(
    name: str = "P1",
    capacity: int = 40,
    sensing: Sensing = Sensing.SPACES,
    gates: tuple[str, ...] = (),
    more: tuple[Section, ...] = (),
    **changes: object,
) -> Facility:
    fields: dict[str, object] = {
        "facility": name,
        "name": f"停车场{name}",
        "name_en": f"Park {name}",
        "kind": FacilityKind.CAR_PARK if gates else FacilityKind.KERB,
        "place": (120.1, 30.2),
        "entrances": (Entrance("E1", 40.0),),
        "sections": (Section("A", SpaceKind.GENERAL, numbers("A", capacity), sensing=sensing), *more),
        "gates": gates,
    }
    return Facility(**{**fields, **changes})  # type: ignore[arg-type]


def chance() -> "count[int]":
    return count(1)


def drawn(draws: "count[int]"):  # type: ignore[no-untyped-def]
    return lambda many: next(draws).to_bytes(8, "big") * (many // 8)


def service(store: SqlStore, clock: ManualClock, *facilities: Facility) -> Parking:
    parking = Parking(store, clock, drawn(chance()), PlainBox())
    parking.start()
    if facilities:
        parking.import_facilities("office", Facilities(tuple(facilities)))
    if parking.machines.get("s1") is None:
        parking.machines.enrol("office", "s1", MachineKind.SENSORS)
    return parking


def memory() -> SqlStore:
    return open_memory(PARKING_MIGRATIONS)


def spaces(name: str, at_ms: int, occupied: dict[str, bool]) -> list[SpaceReading]:
    return [SpaceReading(name, number, at_ms, is_there) for number, is_there in occupied.items()]


def idle_gates(name: str, gates: tuple[str, ...], at_ms: int) -> list[GateReading]:
    return [GateReading(name, gate, at_ms, 0, 0) for gate in gates]
