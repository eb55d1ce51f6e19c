"""What road users look like: their size, shape and colour by kind."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sumo_scenarios.film.mesh import (
    CLOTH,
    GLASS,
    LAMP,
    PAINT,
    SKIN,
    TAIL,
    TRIM,
    TYRE,
    Block,
    MeshBuilder,
    Shape,
)

Colour = tuple[int, int, int]
"""Blue, green, red; 0 to 255."""

COLOURS: Final[dict[int, Colour]] = {
    GLASS: (66, 58, 48),
    TYRE: (26, 26, 26),
    TRIM: (50, 50, 50),
    LAMP: (235, 240, 240),
    TAIL: (40, 35, 150),
    SKIN: (150, 175, 215),
    CLOTH: (80, 58, 45),
}
"""Colours of everything but the paint."""

_CAR_PAINTS: Final[tuple[tuple[int, Colour], ...]] = (
    (24, (42, 40, 38)),
    (18, (112, 110, 106)),
    (17, (228, 228, 226)),
    (13, (165, 165, 162)),
    (9, (120, 62, 34)),
    (7, (40, 34, 140)),
    (4, (90, 110, 70)),
    (4, (150, 120, 90)),
    (2, (60, 140, 190)),
    (2, (70, 90, 120)),
)
"""Paints of cars and their weights: greys, black and white lead by far, as on any European road."""
_LORRY_PAINTS: Final[tuple[tuple[int, Colour], ...]] = (
    (45, (225, 225, 222)),
    (20, (150, 110, 60)),
    (15, (50, 50, 160)),
    (20, (120, 120, 118)),
)
_BUS_PAINTS: Final[tuple[tuple[int, Colour], ...]] = ((50, (60, 60, 190)), (25, (70, 150, 210)), (25, (190, 140, 70)))
_CLOTHES: Final[tuple[tuple[int, Colour], ...]] = (
    (40, (60, 55, 50)),
    (20, (120, 80, 60)),
    (20, (70, 60, 150)),
    (20, (190, 190, 185)),
)
_PAINTS: Final = {
    "car": _CAR_PAINTS,
    "van": _LORRY_PAINTS,
    "truck": _LORRY_PAINTS,
    "bus": _BUS_PAINTS,
    "motorcycle": _CLOTHES,
    "bicycle": _CLOTHES,
    "pedestrian": _CLOTHES,
}
KINDS: Final = tuple(_PAINTS)

_CLASSES: Final = {
    "pedestrian": "pedestrian",
    "wheelchair": "pedestrian",
    "bicycle": "bicycle",
    "scooter": "bicycle",
    "moped": "motorcycle",
    "motorcycle": "motorcycle",
    "truck": "truck",
    "trailer": "truck",
    "bus": "bus",
    "coach": "bus",
    "tram": "bus",
    "delivery": "van",
    "emergency": "van",
}
_VAN_HEIGHT_M: Final = 1.9
_LORRY_LENGTH_M: Final = 7.0


@dataclass(frozen=True, slots=True)
class Body:
    """A road user that does not change: its kind, its size [m] and the colour of its paint."""

    kind: str
    length_m: float
    width_m: float
    height_m: float
    paint: Colour

    @property
    def shape(self) -> Shape:
        """Its mesh."""
        return shape_of(self.kind, self.length_m, self.width_m, self.height_m)


def kind_of(vehicle_class: str, length_m: float, height_m: float) -> str:
    """Return the kind of a SUMO vehicle class; of cars, a tall one is a van and a long one a truck.

    >>> kind_of("passenger", 4.3, 1.5), kind_of("passenger", 5.5, 2.4), kind_of("tram", 30.0, 3.4)
    ('car', 'van', 'bus')
    """
    known = _CLASSES.get(vehicle_class)
    if known is not None:
        return known
    if length_m >= _LORRY_LENGTH_M:
        return "truck"
    return "van" if height_m >= _VAN_HEIGHT_M else "car"


def body_of(name: str, vehicle_class: str, length_m: float, width_m: float, height_m: float) -> Body:
    """Return the body of a vehicle; its name chooses the paint, so that it keeps it."""
    kind = kind_of(vehicle_class, length_m, height_m)
    return Body(kind, round(length_m, 2), round(width_m, 2), round(height_m, 2), _paint(kind, name))


def _paint(kind: str, name: str) -> Colour:
    paints = _PAINTS[kind]
    pick = zlib.crc32(name.encode()) % sum(weight for weight, _ in paints)
    for weight, colour in paints:
        if pick < weight:
            return colour
        pick -= weight
    return paints[-1][1]


@lru_cache(maxsize=512)
def shape_of(kind: str, length_m: float, width_m: float, height_m: float) -> Shape:
    """Return the mesh of a kind at a size. [m]"""
    builder = MeshBuilder((length_m, width_m, height_m))
    _SHAPERS[kind](builder, length_m)
    return builder.shape()


def _car(builder: MeshBuilder, length_m: float) -> None:
    builder.block(Block((-0.985, -0.015, 0.94), (-1.0, 0.0, 1.0), (0.12, 0.30), (TRIM, TRIM, TRIM, TRIM)))
    builder.block(Block((-1.0, 0.0, 1.0), (-0.985, -0.03, 0.96), (0.30, 0.58), (PAINT, PAINT, PAINT, PAINT), 1))
    builder.wheels((-0.19, -0.80), 0.31)
    builder.lights(LAMP, -0.008, 0.37, 0.47)
    builder.lights(TAIL, -0.995, 0.38, 0.52)
    builder.block(Block((-0.95, -0.25, 0.92), (-0.84, -0.43, 0.74), (0.58, 0.97), (GLASS, GLASS, GLASS, PAINT), 2))
    builder.block(Block((-0.84, -0.43, 0.75), (-0.82, -0.45, 0.72), (0.965, 1.0), (PAINT, PAINT, PAINT, PAINT), 3))


def _van(builder: MeshBuilder, length_m: float) -> None:
    builder.block(Block((-1.0, 0.0, 1.0), (-1.0, -0.02, 1.0), (0.10, 0.48), (PAINT, PAINT, PAINT, PAINT)))
    builder.wheels((-0.17, -0.78), 0.34)
    builder.lights(LAMP, -0.004, 0.39, 0.36)
    builder.lights(TAIL, -1.0, 0.43, 0.45)
    builder.block(Block((-0.32, -0.10, 0.98), (-0.32, -0.24, 0.9), (0.48, 0.95), (GLASS, PAINT, GLASS, PAINT), 1))
    builder.block(Block((-1.0, -0.32, 0.99), (-0.99, -0.30, 0.92), (0.48, 1.0), (PAINT, PAINT, PAINT, PAINT), 1))


def _truck(builder: MeshBuilder, length_m: float) -> None:
    cab = min(2.3 / length_m, 0.35)
    builder.block(Block((-1.0, 0.0, 0.9), (-1.0, 0.0, 0.96), (0.10, 0.32), (TRIM, TRIM, TRIM, TRIM)))
    builder.wheels((-0.14, -0.72, -0.86), 0.5)
    builder.lights(LAMP, 0.0, 0.38, 0.24)
    builder.lights(TAIL, -1.0, 0.42, 0.24)
    builder.block(Block((-cab, 0.0, 0.97), (-cab, -0.01, 0.96), (0.30, 0.50), (PAINT, PAINT, PAINT, PAINT), 1))
    builder.block(Block((-cab, -0.01, 0.96), (-cab, -0.04, 0.92), (0.50, 0.78), (GLASS, PAINT, GLASS, PAINT), 2))
    builder.block(
        Block((-1.0, -cab - 0.04, 1.0), (-1.0, -cab - 0.04, 1.0), (0.32, 1.0), (PAINT, TRIM, PAINT, PAINT), 1)
    )


def _bus(builder: MeshBuilder, length_m: float) -> None:
    builder.block(Block((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0), (0.08, 0.42), (PAINT, PAINT, PAINT, PAINT)))
    builder.wheels((-0.2, -0.75), 0.48)
    builder.lights(LAMP, 0.0, 0.40, 0.22)
    builder.lights(TAIL, -1.0, 0.42, 0.25)
    builder.block(Block((-1.0, 0.0, 1.0), (-0.995, -0.01, 0.98), (0.42, 0.80), (GLASS, GLASS, GLASS, PAINT), 1))
    builder.block(Block((-0.995, -0.01, 0.98), (-0.99, -0.02, 0.94), (0.80, 1.0), (PAINT, PAINT, PAINT, PAINT), 2))


def _rider(builder: MeshBuilder, seat: float, bike_width: float) -> None:
    builder.block(Block((-1.0, 0.0, bike_width), (-0.9, -0.12, bike_width), (0.0, seat), (TYRE, TYRE, TYRE, TYRE)))
    builder.block(Block((-0.62, -0.25, 0.62), (-0.68, -0.40, 0.8), (seat * 0.8, 0.82), (PAINT, PAINT, PAINT, PAINT), 1))
    builder.block(Block((-0.52, -0.40, 0.3), (-0.52, -0.40, 0.3), (0.82, 1.0), (SKIN, SKIN, SKIN, TRIM), 2))


def _bicycle(builder: MeshBuilder, length_m: float) -> None:
    _rider(builder, 0.5, 0.14)
    builder.lights(LAMP, -0.1, 0.0, 0.45)
    builder.lights(TAIL, -0.95, 0.0, 0.4)


def _motorcycle(builder: MeshBuilder, length_m: float) -> None:
    _rider(builder, 0.55, 0.35)
    builder.lights(LAMP, 0.0, 0.0, 0.5)
    builder.lights(TAIL, -1.0, 0.0, 0.45)


def _pedestrian(builder: MeshBuilder, length_m: float) -> None:
    builder.block(Block((-0.95, -0.05, 0.6), (-0.95, -0.05, 0.7), (0.0, 0.48), (CLOTH, CLOTH, CLOTH, CLOTH)))
    builder.block(Block((-1.0, 0.0, 0.75), (-1.0, 0.0, 0.95), (0.48, 0.84), (PAINT, PAINT, PAINT, PAINT), 1))
    builder.block(Block((-0.9, -0.1, 0.4), (-0.9, -0.1, 0.4), (0.84, 1.0), (SKIN, TRIM, SKIN, TRIM), 2))


_SHAPERS: Final[dict[str, Callable[[MeshBuilder, float], None]]] = {
    "car": _car,
    "van": _van,
    "truck": _truck,
    "bus": _bus,
    "bicycle": _bicycle,
    "motorcycle": _motorcycle,
    "pedestrian": _pedestrian,
}
