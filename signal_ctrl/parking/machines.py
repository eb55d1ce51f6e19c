"""Who may do more than the public: machines and offices, each with a credential of its own.

There are no passwords here. Everybody signs with a key of 256 bit, as cabinets and feeds of the centre do; people work
through an office's credential or through the centre, which knows them. A key is kept sealed and never shown again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import ForbiddenError, InvalidInputError, NotFoundError, NotLoggedInError
from signal_ctrl.domain.link.mac import KEY_BYTES
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.secrecy import Box, RandomBytes
from signal_ctrl.domain.shelves import ShelfSpec
from signal_ctrl.parking.ports import Store, Transaction

MOST_MACHINES: Final = 10_000
REFRESH_MS: Final = 20_000
"""Keys are read anew so often: a revoked one is refused within a minute on every machine. [ms]"""
FIRST_OFFICE: Final = "first-office"


class MachineKind(Enum):
    """What a credential is for."""

    SENSORS = "sensors"
    """Posts readings."""
    SIGN = "sign"
    """Asks what one sign shows."""
    GATE = "gate"
    """Asks whether a car may enter."""
    CENTRE = "centre"
    """The traffic centre: looks at everything, puts its texts on signs."""
    OFFICE = "office"
    """Whoever runs the service: facilities, signs, permits, credentials."""


class Act(Enum):
    """What a route asks for."""

    POST_READINGS = "post readings"
    READ_SIGN = "read own sign"
    ADMIT = "ask for admission"
    LOOK = "look at what is not public"
    TELL = "put texts on signs, tell travel times"
    KEEP = "keep facilities, signs, permits and credentials"


_MAY: Final = {
    Act.POST_READINGS: {MachineKind.SENSORS},
    Act.READ_SIGN: {MachineKind.SIGN, MachineKind.OFFICE, MachineKind.CENTRE},
    Act.ADMIT: {MachineKind.GATE, MachineKind.OFFICE},
    Act.LOOK: {MachineKind.CENTRE, MachineKind.OFFICE},
    Act.TELL: {MachineKind.CENTRE, MachineKind.OFFICE},
    Act.KEEP: {MachineKind.OFFICE},
}


@dataclass(frozen=True, slots=True)
class Machine:
    """One who signs. `only`: it speaks for facilities, or for the sign, of these names; none: for all. [ms]"""

    machine: str
    kind: MachineKind
    made_utc_ms: int
    sealed: str = field(repr=False)
    only: tuple[str, ...] = ()
    revoked_utc_ms: int | None = None

    def __post_init__(self) -> None:
        if not is_name(self.machine):
            raise InvalidInputError(f"'{self.machine}' cannot name a machine: letters, digits, '.', '_' and '-'")
        if len(self.only) > 100 or not all(is_name(each) for each in self.only):
            raise InvalidInputError(f"{self.machine}: at most 100 names of facilities or signs")
        if self.kind is MachineKind.SIGN and len(self.only) != 1:
            raise InvalidInputError(f"{self.machine}: the credential of a sign names the one sign that it is for")

    def speaks_for(self, name: str) -> bool:
        """Tell whether it speaks for a facility or sign."""
        return not self.only or name in self.only


MACHINES: Final = ShelfSpec(
    "parking_machines",
    Machine,
    key=lambda m: m.machine,
    at_utc_ms=lambda m: m.made_utc_ms,
    columns={"kind": lambda m: m.kind.value},
)


class MachineDesk:
    """All credentials of the service."""

    def __init__(self, store: Store, clock: Clock, random: RandomBytes, box: Box) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._box = box
        self._machines: dict[str, Machine] = {}
        self._keys: dict[str, bytes] = {}
        self._loaded_ms = 0

    def load(self) -> None:
        """Read all credentials."""
        found = self._store.read(lambda r: r.shelf(MACHINES).find(limit=MOST_MACHINES))
        opened = {self._machines[name].sealed: key for name, key in self._keys.items() if name in self._machines}
        keys = {each.machine: opened.get(each.sealed) or bytes.fromhex(self._box.unseal(each.sealed)) for each in found}
        self._machines = {each.machine: each for each in sorted(found, key=lambda each: each.machine)}
        self._keys = keys
        self._loaded_ms = self._clock.mono_ms()

    def tick(self) -> None:
        """Read anew now and then."""
        if self._clock.mono_ms() - self._loaded_ms >= REFRESH_MS:
            self.load()

    def of(self, cabinet: str, utc_ms: int) -> tuple[bytes, ...]:
        """Return the key of one who signs, if it counts at a time; for the gate that checks codes. [ms]"""
        machine = self._machines.get(cabinet)
        if machine is None or (machine.revoked_utc_ms is not None and utc_ms >= machine.revoked_utc_ms):
            return ()
        return (self._keys[cabinet],)

    def get(self, name: str) -> Machine | None:
        """Return who has a name, a revoked one too; None if nobody has."""
        return self._machines.get(name)

    def all(self) -> Sequence[Machine]:
        """Return all by name, revoked ones too."""
        return tuple(self._machines.values())

    def require(self, name: str, act: Act) -> Machine:
        """Return who signed, if its kind may do something. Raises: NotLoggedInError; ForbiddenError."""
        machine = self._machines.get(name)
        if machine is None or machine.revoked_utc_ms is not None:
            raise NotLoggedInError("no credential of this name is known here")
        if machine.kind not in _MAY[act]:
            raise ForbiddenError(f"a credential of kind {machine.kind.value} may not: {act.value}")
        return machine

    def enrol(self, who: str, name: str, kind: MachineKind, only: Sequence[str] = ()) -> bytes:
        """Take one in and return its key, which is shown this once. Raises: ConflictError; InvalidInputError."""
        now_ms, key = self._clock.utc_ms(), self._random(KEY_BYTES)
        new = Machine(name, kind, now_ms, self._box.seal(key.hex()), tuple(only))

        def work(t: Transaction) -> None:
            t.shelf(MACHINES).add(new)
            t.record(who, "enrol", f"credential {name}", kind.value, now_ms)

        self._store.write(work)
        self.load()
        return key

    def revoke(self, who: str, name: str) -> Machine:
        """Take a key back, at once here. Raises: NotFoundError."""
        now_ms = self._clock.utc_ms()

        def work(t: Transaction) -> Machine:
            known = t.shelf(MACHINES).get(name)
            if known is None:
                raise NotFoundError(f"there is no credential {name}")
            over = replace(known, revoked_utc_ms=known.revoked_utc_ms or now_ms)
            t.shelf(MACHINES).put(over)
            t.record(who, "revoke", f"credential {name}", "done", now_ms)
            return over

        over = self._store.write(work)
        self.load()
        return over

    def first_office(self) -> bytes | None:
        """At the first start, make the office's credential and return its key; None at every later one."""
        return None if self._machines else self.enrol("service", FIRST_OFFICE, MachineKind.OFFICE)
