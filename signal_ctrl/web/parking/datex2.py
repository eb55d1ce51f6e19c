"""Facilities and their occupancy as DATEX II 2.3 with the parking extension: table and status publications.

Names and order of the elements as in the generated classes of the schema 2_0 (`interfaces.md`, section 10, has those of
the status). Where not all spaces are for everybody, each kind is a group of its own in both, under one number: a free
charging space is no general supply. A facility whose occupancy may not be built on gets no numbers and the site status
`unknown`, never a number of vacant spaces.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from signal_ctrl.parking import datex2_words as words
from signal_ctrl.parking.facilities import Facilities, Facility, FacilityKind, SpaceKind
from signal_ctrl.parking.occupancy import FreeCount, Occupancy, Trust

NAMESPACE: Final = "http://datex2.eu/schema/2/2_0"
VERSION: Final = "1"
TABLE: Final = "facilities"


def table_of(facilities: Facilities, creator: tuple[str, str], at_utc_ms: int) -> str:
    """Return the table publication. [ms] Args: creator, a country of DATEX II's list or `other`, and who publishes."""
    records = "".join("".join(_record(each, at_utc_ms)) for each in facilities.facilities)
    body = f'<parkingTable id="{TABLE}" version="{VERSION}"><parkingTableVersionTime>{_time(at_utc_ms)}'
    return _model(
        "ParkingTablePublication",
        f"{_HEADER}{body}</parkingTableVersionTime>{records}</parkingTable>",
        creator,
        at_utc_ms,
    )


def status_of(facilities: Facilities, beliefs: Sequence[Occupancy], creator: tuple[str, str], at_utc_ms: int) -> str:
    """Return the status publication. [ms]"""
    rows = "".join(
        "".join(_status(each, facilities.of(each.facility), facilities.is_open(each.facility, at_utc_ms)))
        for each in beliefs
    )
    reference = f'<parkingTableReference id="{TABLE}" version="{VERSION}" targetClass="ParkingTable"/>'
    return _model("ParkingStatusPublication", f"{_HEADER}{reference}{rows}", creator, at_utc_ms)


_HEADER: Final = (
    "<headerInformation><confidentiality>noRestriction</confidentiality>"
    "<informationStatus>real</informationStatus></headerInformation>"
)


def _model(kind: str, body: str, creator: tuple[str, str], at_utc_ms: int) -> str:
    who = f"<country>{escape(creator[0])}</country><nationalIdentifier>{escape(creator[1])}</nationalIdentifier>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<d2LogicalModel xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' modelBaseVersion="2">'
        f"<exchange><supplierIdentification>{who}</supplierIdentification></exchange>"
        f'<payloadPublication xsi:type="GenericPublication" lang="en"><publicationTime>{_time(at_utc_ms)}'
        f"</publicationTime><publicationCreator>{who}</publicationCreator>"
        f"<genericPublicationName>{kind}</genericPublicationName><genericPublicationExtension>"
        f"<{kind[0].lower()}{kind[1:]}>{body}</{kind[0].lower()}{kind[1:]}></genericPublicationExtension>"
        "</payloadPublication></d2LogicalModel>"
    )


def _record(facility: Facility, at_utc_ms: int) -> Iterator[str]:
    longitude, latitude = facility.place
    yield f'<parkingRecord xsi:type="UrbanParkingSite" id={quoteattr(facility.facility)} version="{VERSION}">'
    yield f'<parkingName><values><value lang="zh">{escape(facility.name)}</value>'
    yield f'<value lang="en">{escape(facility.name_en)}</value></values></parkingName>'
    yield f"<parkingRecordVersionTime>{_time(at_utc_ms)}</parkingRecordVersionTime>"
    yield f"<parkingNumberOfSpaces>{facility.capacity}</parkingNumberOfSpaces>"
    yield '<parkingLocation xsi:type="Point"><pointByCoordinates><pointCoordinates>'
    yield f"<latitude>{latitude:.7f}</latitude><longitude>{longitude:.7f}</longitude>"
    yield "</pointCoordinates></pointByCoordinates></parkingLocation>"
    for at, kind in enumerate(_grouped(facility)):
        yield f'<groupOfParkingSpaces groupIndex="{at}"><groupOfParkingSpaces>'
        yield from _group(facility, kind)
        yield "</groupOfParkingSpaces></groupOfParkingSpaces>"
    kind_of_site = words.ON_STREET if facility.kind is FacilityKind.KERB else words.OFF_STREET
    yield f"<urbanParkingSiteType>{kind_of_site}</urbanParkingSiteType></parkingRecord>"


def _grouped(facility: Facility) -> tuple[SpaceKind, ...]:
    """Return the kinds that are groups of their own: none where all spaces are for everybody, for any time."""
    plain = facility.kinds == (SpaceKind.GENERAL,) and not facility.longest_stay_min(SpaceKind.GENERAL)
    return () if plain else facility.kinds


def _group(facility: Facility, kind: SpaceKind) -> Iterator[str]:
    longest_min = facility.longest_stay_min(kind)
    if longest_min:
        yield f"<maximumParkingDuration>{60 * longest_min}</maximumParkingDuration>"
    yield _ASSIGNED.get(kind, "")
    yield f"<parkingNumberOfSpaces>{facility.capacity_of(kind)}</parkingNumberOfSpaces>"
    yield "<parkingTypeOfGroup>nonAdjacentSpaces</parkingTypeOfGroup>"


_EQUIPMENT: Final = "parkingEquipmentOrServiceFacility"
_ASSIGNED: Final = {
    SpaceKind.ACCESSIBLE: (
        f"<onlyAssignedParking><applicableForUser>{words.DISABLED}</applicableForUser></onlyAssignedParking>"
    ),
    SpaceKind.COACH: (
        "<onlyAssignedParking><vehicleCharacteristics>"
        f"<vehicleType>{words.BUS}</vehicleType></vehicleCharacteristics></onlyAssignedParking>"
    ),
    SpaceKind.SHORT_STAY: (
        f"<onlyAssignedParking><parkingDuration>{words.SHORT_TERM}</parkingDuration></onlyAssignedParking>"
    ),
    SpaceKind.CHARGING: (
        f'<{_EQUIPMENT} equipmentOrServiceFacilityIndex="0"><{_EQUIPMENT} xsi:type="Equipment">'
        f"<equipmentType>{words.CHARGING_STATION}</equipmentType></{_EQUIPMENT}></{_EQUIPMENT}>"
    ),
}


def _status(belief: Occupancy, facility: Facility, is_open: bool) -> Iterator[str]:
    known = belief.trust is Trust.GOOD
    yield f'<parkingRecordStatus xsi:type="ParkingSiteStatus"><parkingRecordReference id={quoteattr(belief.facility)}'
    yield f' version="{VERSION}" targetClass="ParkingRecord"/>'
    yield f"<parkingStatusOriginTime>{_time(belief.heard_utc_ms or belief.at_utc_ms)}</parkingStatusOriginTime>"
    yield f"<parkingOccupancy>{_numbers(belief.total) if known else ''}</parkingOccupancy>"
    for at, kind in enumerate(_grouped(facility) if known else ()):
        yield f'<groupOfParkingSpacesStatus groupIndex="{at}"><groupOfParkingSpacesStatus>{_numbers(belief.of(kind))}'
        yield "</groupOfParkingSpacesStatus></groupOfParkingSpacesStatus>"
    yield f"<parkingSiteStatus>{_word(belief) if is_open else 'closed'}</parkingSiteStatus>"
    yield f"<parkingSiteOpeningStatus>{'open' if is_open else 'closed'}</parkingSiteOpeningStatus>"
    yield "</parkingRecordStatus>"


def _numbers(count: FreeCount) -> str:
    taken = count.capacity - count.low
    return (
        f"<parkingNumberOfVacantSpaces>{count.low}</parkingNumberOfVacantSpaces>"
        f"<parkingNumberOfOccupiedSpaces>{taken}</parkingNumberOfOccupiedSpaces>"
        f"<parkingOccupancy>{100 * taken / max(count.capacity, 1):.1f}</parkingOccupancy>"
    )


def _word(belief: Occupancy) -> str:
    if belief.trust is not Trust.GOOD:
        return "unknown"
    if belief.total.low:
        return "spacesAvailable"
    return "full" if belief.total.is_full() else "unknown"


def _time(utc_ms: int) -> str:
    return dt.datetime.fromtimestamp(utc_ms / 1000, dt.UTC).isoformat().replace("+00:00", "Z")
