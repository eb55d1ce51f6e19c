"""The register of special vehicles: who is in it, with which key, and who was taken out; every act in the audit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, NotFoundError
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.watch.feeds.desk import FeedDesk
from signal_ctrl.watch.feeds.values import FEEDS, FeedKind
from signal_ctrl.watch.special.values import SPECIAL_VEHICLES, SpecialVehicle

MOST_VEHICLES: Final = 5_000


class VehicleDesk:
    """All registered vehicles. The key of a vehicle's device is that of a feed of its own."""

    def __init__(self, desk: Desk, feeds: FeedDesk) -> None:
        self._desk = desk
        self._feeds = feeds

    def register(self, who: str, vehicle: SpecialVehicle) -> Credential:
        """Take a vehicle in and return the credential of its device, which is shown this once.

        Who calls has looked at the right of whoever asks.
        Raises: ConflictError if the name, the tag or the unit is taken; InvalidInputError.
        """
        now_ms = self._desk.now_ms()
        credential, enrol = self._feeds.enrolment(who, vehicle.device, FeedKind.SPECIAL, vehicle.owner)

        def work(t: Transaction) -> None:
            known = t.shelf(SPECIAL_VEHICLES).get(vehicle.vehicle)
            if known is not None:
                raise ConflictError(f"vehicle {vehicle.vehicle} was registered before; names are not used again")
            _check_free(vehicle, vehicles(t))
            if t.shelf(FEEDS).get(vehicle.device) is not None:
                raise ConflictError(f"a feed {vehicle.device} is there already; choose another name")
            t.shelf(SPECIAL_VEHICLES).add(replace(vehicle, registered_by=who, registered_utc_ms=now_ms))
            t.record(who, "register vehicle", f"vehicle {vehicle.vehicle}", vehicle.kind.value, now_ms)
            enrol(t)

        self._desk.act(who, "register vehicle", f"vehicle {vehicle.vehicle}", work)
        self._feeds.load()
        return credential

    def revoke(self, who: str, name: str) -> SpecialVehicle:
        """Take a vehicle out: its device is refused at once here, within a minute elsewhere. Raises: NotFoundError."""
        now_ms = self._desk.now_ms()

        def work(t: Transaction) -> SpecialVehicle:
            known = vehicle_of(t, name)
            over = replace(known, revoked_utc_ms=known.revoked_utc_ms or now_ms)
            t.shelf(SPECIAL_VEHICLES).put(over)
            t.record(who, "revoke vehicle", f"vehicle {name}", "done", now_ms)
            self._feeds.revocation(who, known.device)(t)
            return over

        over = self._desk.act(who, "revoke vehicle", f"vehicle {name}", work)
        self._feeds.load()
        return over

    def of_device(self, login: str) -> SpecialVehicle:
        """Return the vehicle whose device signed. Raises: NotFoundError; ForbiddenError for one that was revoked."""
        found = self._desk.store.read(vehicles)
        vehicle = next((each for each in found if each.device == login), None)
        if vehicle is None:
            raise NotFoundError("no special vehicle has this device")
        return unrevoked(vehicle)


def unrevoked(vehicle: SpecialVehicle) -> SpecialVehicle:
    """Return a vehicle that may ask. Raises: ForbiddenError if it was revoked."""
    if vehicle.revoked:
        raise ForbiddenError(f"vehicle {vehicle.vehicle} was revoked")
    return vehicle


def vehicle_of(reading: Reading, name: str) -> SpecialVehicle:
    """Return a vehicle. Raises: NotFoundError."""
    found = reading.shelf(SPECIAL_VEHICLES).get(name)
    if found is None:
        raise NotFoundError(f"there is no special vehicle {name}; 'signal-ctrl special register' takes one in")
    return found


def vehicles(reading: Reading) -> tuple[SpecialVehicle, ...]:
    """Return all registered vehicles by name, revoked ones too."""
    found = reading.shelf(SPECIAL_VEHICLES).find(limit=MOST_VEHICLES)
    return tuple(sorted(found, key=lambda each: each.vehicle))


def _check_free(new: SpecialVehicle, known: Sequence[SpecialVehicle]) -> None:
    for name in ("tag", "vehicle_of_feed", "unit"):
        taken = {getattr(each, name) for each in known if not each.revoked} - {""}
        if getattr(new, name) in taken:
            raise ConflictError(f"'{getattr(new, name)}' ({name}) belongs to another vehicle")
