"""Facilities and their occupancy as DATEX II 2.3 with the parking extension: table and status publications.

Names and order of the elements of the status as in `interfaces.md`, section 10 (generated classes of the schema 2_0);
of the table, name, number of spaces and location. A facility whose occupancy may not be built on gets no numbers and
the site status `unknown`, never a number of vacant spaces.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from signal_ctrl.parking.facilities import Facilities, Facility
from signal_ctrl.parking.occupancy import Occupancy, Trust

NAMESPACE: Final = "http://datex2.eu/schema/2/2_0"
VERSION: Final = "1"
TABLE: Final = "facilities"


def table_of(facilities: Facilities, creator: tuple[str, str], at_utc_ms: int) -> str:
    """Return the table publication. [ms] Args: creator, a country of DATEX II's list or `other`, and who publishes."""
    records = "".join(_record(each) for each in facilities.facilities)
    body = f'<parkingTable id="{TABLE}" version="{VERSION}"><parkingTableVersionTime>{_time(at_utc_ms)}'
    return _model(
        "ParkingTablePublication",
        f"{_HEADER}{body}</parkingTableVersionTime>{records}</parkingTable>",
        creator,
        at_utc_ms,
    )


def status_of(facilities: Facilities, beliefs: Sequence[Occupancy], creator: tuple[str, str], at_utc_ms: int) -> str:
    """Return the status publication. [ms]"""
    rows = "".join("".join(_status(each, facilities.is_open(each.facility, at_utc_ms))) for each in beliefs)
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


def _record(facility: Facility) -> str:
    longitude, latitude = facility.place
    return (
        f'<parkingRecord xsi:type="UrbanParkingSite" id={quoteattr(facility.facility)} version="{VERSION}">'
        f'<parkingName><values><value lang="zh">{escape(facility.name)}</value>'
        f'<value lang="en">{escape(facility.name_en)}</value></values></parkingName>'
        f"<parkingNumberOfSpaces>{facility.capacity}</parkingNumberOfSpaces>"
        '<parkingLocation xsi:type="Point"><pointByCoordinates><pointCoordinates>'
        f"<latitude>{latitude:.7f}</latitude><longitude>{longitude:.7f}</longitude>"
        "</pointCoordinates></pointByCoordinates></parkingLocation></parkingRecord>"
    )


def _status(belief: Occupancy, is_open: bool) -> Iterator[str]:
    known = belief.trust is Trust.GOOD
    yield f'<parkingRecordStatus xsi:type="ParkingSiteStatus"><parkingRecordReference id={quoteattr(belief.facility)}'
    yield f' version="{VERSION}" targetClass="ParkingRecord"/>'
    yield f"<parkingStatusOriginTime>{_time(belief.heard_utc_ms or belief.at_utc_ms)}</parkingStatusOriginTime>"
    if known:
        taken = belief.total.capacity - belief.total.low
        share = 100 * taken / max(belief.total.capacity, 1)
        yield f"<parkingOccupancy><parkingNumberOfVacantSpaces>{belief.total.low}</parkingNumberOfVacantSpaces>"
        yield f"<parkingNumberOfOccupiedSpaces>{taken}</parkingNumberOfOccupiedSpaces>"
        yield f"<parkingOccupancy>{share:.1f}</parkingOccupancy></parkingOccupancy>"
    yield f"<parkingSiteStatus>{_word(belief) if is_open else 'closed'}</parkingSiteStatus>"
    yield f"<parkingSiteOpeningStatus>{'open' if is_open else 'closed'}</parkingSiteOpeningStatus>"
    yield "</parkingRecordStatus>"


def _word(belief: Occupancy) -> str:
    if belief.trust is not Trust.GOOD:
        return "unknown"
    if belief.total.low:
        return "spacesAvailable"
    return "full" if belief.total.is_full() else "unknown"


def _time(utc_ms: int) -> str:
    return dt.datetime.fromtimestamp(utc_ms / 1000, dt.UTC).isoformat().replace("+00:00", "Z")
