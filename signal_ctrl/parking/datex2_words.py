"""Kinds of spaces in the words of DATEX II 2.3 with the parking extension, for the feed and for the import alike.

Source: generated classes of the schema 2_0 (UserTypeEnum, ParkingDurationEnum, EquipmentTypeEnum, VehicleTypeEnum).
"""

from typing import Final

DISABLED: Final = "disabled"
ALL_DISABLED: Final = frozenset({DISABLED, "registeredDisabledUsers", "handicapped", "wheelchairUsers"})
SHORT_TERM: Final = "shortTerm"
ALL_SHORT_TERM: Final = frozenset({SHORT_TERM, "pickUpDropOff"})
BUS: Final = "bus"
CHARGING_STATION: Final = "electricChargingStation"
ON_STREET: Final = "onStreetParking"
OFF_STREET: Final = "offStreetParking"
