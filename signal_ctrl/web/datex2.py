"""The links as DATEX II: travel time, speed, flow and status of each road, as an `ElaboratedDataPublication`.

Version 2.3; names, order and kinds of all elements as in the schema `DATEXIISchema_2_2_3.xsd` (target namespace
`http://datex2.eu/schema/2/2_0`). A road is named by `predefinedLocationReference`, its id the road's name and its
version the first half of the hash of the road network; its line is in `/v1/open/links.geojson` under the same id.
`trafficStatusValue` is coarser: smooth and basically smooth are `freeFlow`, light is `heavy`, moderate and severe
are `congested`.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from signal_ctrl.domain.roads import Road
from signal_ctrl.watch.city_minute import MINUTE_MS, Level
from signal_ctrl.web.link_look import Shown

NAMESPACE: Final = "http://datex2.eu/schema/2/2_0"
STATUS: Final = {
    Level.UNKNOWN: "unknown",
    Level.SMOOTH: "freeFlow",
    Level.BASICALLY_SMOOTH: "freeFlow",
    Level.LIGHT: "heavy",
    Level.MODERATE: "congested",
    Level.SEVERE: "congested",
}
_VERSION_DIGITS: Final = 16


def datex2_of(shown: Shown, roads_sha256: str, creator: tuple[str, str]) -> str:
    """Return the publication of a minute. Args: creator, a country of DATEX II's list or `other`, and who publishes."""
    at = _time(shown.minute.minute_utc_ms + MINUTE_MS)
    who = f"<country>{escape(creator[0])}</country><nationalIdentifier>{escape(creator[1])}</nationalIdentifier>"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<d2LogicalModel xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' modelBaseVersion="2">',
        f"<exchange><supplierIdentification>{who}</supplierIdentification></exchange>",
        '<payloadPublication xsi:type="ElaboratedDataPublication" lang="en">',
        f"<publicationTime>{at}</publicationTime><publicationCreator>{who}</publicationCreator>",
        f"<forecastDefault>false</forecastDefault><periodDefault>60</periodDefault><timeDefault>{at}</timeDefault>",
        "<headerInformation><confidentiality>noRestriction</confidentiality>"
        "<informationStatus>real</informationStatus></headerInformation>",
    ]
    for road, row in zip(shown.network.roads, shown.rows, strict=True):
        parts.extend(_road(road, row, roads_sha256[:_VERSION_DIGITS]))
    return "".join([*parts, "</payloadPublication></d2LogicalModel>"])


def _road(road: Road, row: dict[str, Any], version: str) -> Iterator[str]:
    place = (
        '<pertinentLocation xsi:type="LocationByReference"><predefinedLocationReference'
        f' id={quoteattr(road.road)} version="{version}" targetClass="PredefinedLocation"/></pertinentLocation>'
    )
    if row["travel_time_s"] is not None:
        sd = "" if row["travel_time_sd_s"] is None else f' standardDeviation="{row["travel_time_sd_s"]}"'
        yield _data(
            "TravelTimeData",
            place,
            "<travelTimeType>estimated</travelTimeType>"
            f"<travelTime{sd}><duration>{row['travel_time_s']}</duration></travelTime>"
            f"<freeFlowTravelTime><duration>{road.free_time_s:.1f}</duration></freeFlowTravelTime>",
        )
    if row["speed_mps"] is not None:
        speed = f"<averageVehicleSpeed><speed>{3.6 * row['speed_mps']:.1f}</speed></averageVehicleSpeed>"
        yield _data("TrafficSpeed", place, speed)
    if row["flow_veh_h"] is not None:
        flow = f"<vehicleFlow><vehicleFlowRate>{row['flow_veh_h']:.0f}</vehicleFlowRate></vehicleFlow>"
        yield _data("TrafficFlow", place, flow)
    status = STATUS[Level[row["level"].upper()]]
    yield _data(
        "TrafficStatus",
        place,
        f"<trafficStatus><trafficStatusValue>{status}</trafficStatusValue></trafficStatus>",
    )


def _data(kind: str, place: str, values: str) -> str:
    return f'<elaboratedData><basicData xsi:type="{kind}">{place}{values}</basicData></elaboratedData>'


def _time(utc_ms: int) -> str:
    return dt.datetime.fromtimestamp(utc_ms / 1000, dt.UTC).isoformat().replace("+00:00", "Z")
