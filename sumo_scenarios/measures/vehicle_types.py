"""What is known of a vehicle's type: its class, length and emission class, with SUMO's defaults for each class."""

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError

_PETROL: Final = "HBEFA4/PC_petrol_Euro-4"
_NONE: Final = "Zero/default"
DEFAULTS: Final = {
    "passenger": (5.0, _PETROL),
    "private": (5.0, _PETROL),
    "taxi": (5.0, _PETROL),
    "hov": (5.0, _PETROL),
    "evehicle": (5.0, _NONE),
    "authority": (5.0, _PETROL),
    "army": (5.0, _PETROL),
    "vip": (5.0, _PETROL),
    "emergency": (6.5, "HBEFA4/LCV_diesel_N1-III_Euro-6ab"),
    "delivery": (6.5, "HBEFA4/LCV_diesel_N1-III_Euro-6ab"),
    "bus": (12.0, "HBEFA4/UBus_Std_gt15-18t_Euro-VI_A-C"),
    "coach": (14.0, "HBEFA4/Coach_3-Axes_gt18t_Euro-VI_A-C"),
    "truck": (7.1, "HBEFA4/RT_le7.5t_Euro-VI_A-C"),
    "trailer": (16.5, "HBEFA4/TT_AT_gt34-40t_Euro-VI_A-C"),
    "motorcycle": (2.2, "HBEFA4/MC_4S_gt250cc_preEuro"),
    "moped": (2.1, "HBEFA4/Moped_le50cc_Euro-2"),
    "bicycle": (1.6, _NONE),
    "scooter": (1.2, _NONE),
    "tram": (22.0, _NONE),
    "rail_urban": (109.5, _NONE),
    "rail": (135.0, "HBEFA3/HDV_D_EU0"),
    "rail_electric": (200.0, _NONE),
    "rail_fast": (200.0, _NONE),
    "subway": (109.5, _NONE),
}
"""Length [m] and emission class that SUMO 1.28 gives a type of each vehicle class; a test holds them against SUMO."""


@dataclass(frozen=True, slots=True)
class VehicleType:
    """One `vType`: class, length [m], emission class, and its own factor on the demand."""

    vehicle_class: str = "passenger"
    length_m: float = 5.0
    emission_class: str = _PETROL
    scale: float = 1.0


DEFAULT_TYPES: Final = {
    "DEFAULT_VEHTYPE": VehicleType(),
    "DEFAULT_TAXITYPE": VehicleType("taxi"),
    "DEFAULT_BIKETYPE": VehicleType("bicycle", 1.6, _NONE),
}
"""The types that SUMO has without being told."""


def read_type(element: Element) -> VehicleType:
    """Return the type of a `vType` element. Raises: InvalidInputError where a value is no number."""
    vehicle_class = element.get("vClass", "passenger")
    length_m, emission_class = DEFAULTS.get(vehicle_class, (5.0, _PETROL))
    try:
        return VehicleType(
            vehicle_class=vehicle_class,
            length_m=float(element.get("length", length_m)),
            emission_class=element.get("emissionClass", emission_class),
            scale=float(element.get("scale", 1.0)),
        )
    except ValueError as error:
        raise InvalidInputError(f"vehicle type {element.get('id', '')}: {error}") from error
