"""What the DATEX II feeds say of facilities whose spaces are not all for everybody."""

import xml.etree.ElementTree as ET

from signal_ctrl.parking.facilities import Facilities, Section, Sensing, SpaceKind
from signal_ctrl.parking.occupancy import FreeCount, Occupancy, Source, Trust, unknown
from signal_ctrl.web.parking.datex2 import status_of, table_of
from tests.signal_ctrl.parking.made import BEGIN_MS, facility, numbers


def test_datex_tells_each_kind_of_spaces_by_itself() -> None:
    charging = Section("C", SpaceKind.CHARGING, numbers("C", 10), sensing=Sensing.SPACES)
    park = facility("P1", more=(charging,))
    counts = {SpaceKind.GENERAL: FreeCount(0, 0, 0, 40), SpaceKind.CHARGING: FreeCount(7, 7, 7, 10)}
    belief = Occupancy("P1", BEGIN_MS, BEGIN_MS, FreeCount(7, 7, 7, 50), counts, Source.SPACES, Trust.GOOD)
    plain = unknown("P2", {SpaceKind.GENERAL: 40}, BEGIN_MS, "")
    town = Facilities((park, facility("P2")))
    table, status = table_of(town, ("cn", "c"), BEGIN_MS), status_of(town, [belief, plain], ("cn", "c"), BEGIN_MS)
    space = "{http://datex2.eu/schema/2/2_0}"
    group = f"{space}groupOfParkingSpaces"
    sizes = {
        each.get("groupIndex"): each.findtext(f"{group}/{space}parkingNumberOfSpaces")
        for each in ET.fromstring(table).iter(group)
        if each.get("groupIndex")
    }
    free = {
        each.get("groupIndex"): each.findtext(f"{group}Status/{space}parkingNumberOfVacantSpaces")
        for each in ET.fromstring(status).iter(f"{group}Status")
        if each.get("groupIndex")
    }
    assert (sizes, free) == ({"0": "40", "1": "10"}, {"0": "0", "1": "7"})
