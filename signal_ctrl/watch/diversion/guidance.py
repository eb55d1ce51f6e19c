"""What diversion knows of the street: the signs, and at which signal group each turn of a signal is made.

`guidance.json` is written by an engineer, or made from a SUMO network. The form is in docs/file-formats.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

from signal_ctrl.domain.documents import canonical, read_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.signs import Destination, Sign

FORMAT: Final = "signal-ctrl guidance 1"
MAX_BYTES: Final = 8 << 20
_SATURATION_VEH_H: Final = 1800.0


@dataclass(frozen=True, slots=True)
class SignalMovement:
    """From one lane of a road to another road by one signal group. [veh/h]

    `yields_to`, places of the movements of the same signal that go first where both are green.
    """

    group: str
    from_road: str
    lane: int
    to_road: str
    saturation_veh_h: float = _SATURATION_VEH_H
    yields_to: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SignalMovements:
    """All movements of one signal."""

    signal_id: str
    movements: tuple[SignalMovement, ...]

    def __post_init__(self) -> None:
        if not self.signal_id or not self.movements:
            raise InvalidInputError(f"signal '{self.signal_id}' needs a name and a movement")
        for movement in self.movements:
            if not (movement.group and movement.lane >= 0 and movement.saturation_veh_h > 0):
                raise InvalidInputError(f"signal {self.signal_id}: a movement needs group, lane and saturation flow")
            if any(not 0 <= k < len(self.movements) for k in movement.yields_to):
                raise InvalidInputError(f"signal {self.signal_id}: 'yields_to' names a movement that is not there")


@dataclass(frozen=True)
class Guidance:
    """Signs, each name once, and the movements of signals, each signal once."""

    signs: tuple[Sign, ...] = ()
    signals: tuple[SignalMovements, ...] = ()

    def __post_init__(self) -> None:
        for kind, names in (
            ("sign", [sign.sign_id for sign in self.signs]),
            ("signal", [signal.signal_id for signal in self.signals]),
        ):
            if len(set(names)) != len(names):
                raise InvalidInputError(f"a {kind} is there twice")

    @cached_property
    def by_signal(self) -> Mapping[str, SignalMovements]:
        """Movements by signal."""
        return {signal.signal_id: signal for signal in self.signals}

    def check(self, network: RoadNetwork) -> None:
        """Check it against the roads. Raises: InvalidInputError for a road or turn that is not there."""
        for sign in self.signs:
            if not sign.position_m <= network.of(sign.road).length_m + 1:
                raise InvalidInputError(f"sign {sign.sign_id} lies beyond the end of road {sign.road}")
            for destination in sign.destinations:
                for road in destination.roads:
                    network.of(road)
        turns = {(turn.from_road, turn.to_road) for turn in network.turns}
        for signal in self.signals:
            for movement in signal.movements:
                if (movement.from_road, movement.to_road) not in turns:
                    raise InvalidInputError(
                        f"signal {signal.signal_id}: the network has no turn {movement.from_road} to {movement.to_road}"
                    )


def guidance_from_json(text: str) -> Guidance:
    """Return the guidance of a document. Raises: InvalidInputError that names what cannot be used."""
    fields = Fields(read_document(text, "guidance", FORMAT), "guidance")
    fields.get("format")
    signs = tuple(_sign(one, k) for k, one in enumerate(fields.tables("signs", [])))
    signals = tuple(_signal(one, k) for k, one in enumerate(fields.tables("signals", [])))
    fields.done()
    return Guidance(signs, signals)


def guidance_to_json(guidance: Guidance) -> str:
    """Return guidance as its document."""
    return canonical(
        {
            "format": FORMAT,
            "signs": [asdict(sign) for sign in guidance.signs],
            "signals": [asdict(signal) for signal in guidance.signals],
        }
    )


def _sign(table: Any, place: int) -> Sign:
    fields = Fields(table, f"sign {place + 1}")
    sign = Sign(
        sign_id=fields.text("sign_id"),
        road=fields.text("road"),
        position_m=fields.number("position_m", least=0),
        reach_m=fields.number("reach_m", 150.0),
        destinations=tuple(_destination(one, fields.where) for one in fields.tables("destinations", [])),
        longest_zh=fields.whole("longest_zh", 24, least=0),
        longest_en=fields.whole("longest_en", 60, least=0),
    )
    fields.done()
    return sign


def _destination(table: Any, where: str) -> Destination:
    fields = Fields(table, f"{where}, destination")
    found = Destination(fields.text("zh"), fields.text("en"), fields.names("roads"))
    fields.done()
    return found


def _signal(table: Any, place: int) -> SignalMovements:
    fields = Fields(table, f"signal {place + 1}")
    name = fields.text("signal_id")
    found = SignalMovements(name, tuple(_movement(one, name) for one in fields.tables("movements")))
    fields.done()
    return found


def _movement(table: Any, signal: str) -> SignalMovement:
    fields = Fields(table, f"signal {signal}, movement")
    movement = SignalMovement(
        group=fields.text("group"),
        from_road=fields.text("from_road"),
        lane=fields.whole("lane", least=0),
        to_road=fields.text("to_road"),
        saturation_veh_h=fields.number("saturation_veh_h", _SATURATION_VEH_H, 1),
        yields_to=_places(fields),
    )
    fields.done()
    return movement


def _places(fields: Fields) -> tuple[int, ...]:
    value: Sequence[Any] = fields.tables("yields_to", [])
    if not all(isinstance(k, int) and not isinstance(k, bool) for k in value):
        raise InvalidInputError(f"{fields.where}: 'yields_to' has to be a list of whole numbers")
    return tuple(value)
