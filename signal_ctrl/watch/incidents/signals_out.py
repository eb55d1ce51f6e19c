"""Signals that are out, from the faults of cabinets: the monitor latched (lamps flash or are dark), or no word at all.

A cabinet that is silent goes on by its local plan, so silence alone makes a suspicion, never more (SAFETY part B).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.centre.fault_desk import faults
from signal_ctrl.centre.faults import Facility, Fault
from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.registry import OFFLINE
from signal_ctrl.domain.roads import Road, RoadNetwork
from signal_ctrl.watch.incidents.values import Evidence, EvidenceSource, IncidentKind
from signal_ctrl.watch.incidents.wishes import Finding

LATCHED: Final = "monitor"
SILENT: Final = "silence"
SILENT_MS: Final = 300_000
"""A cabinet that says nothing for so long makes its signal suspected. [ms] [P]"""
_MOST: Final = 5_000


def signals_out(reading: Reading, network: RoadNetwork, now_utc_ms: int) -> tuple[Finding, ...]:
    """Return what cabinets say, or do not say, of signals that stand at the end of a road. [ms]"""
    roads = roads_of_signals(network)
    latched = {fault.cabinet: fault for fault in _latched(reading) if fault.cabinet in roads}
    found = [_of_fault(fault, roads[fault.cabinet]) for fault in latched.values()]
    for alarm in alarms(reading, limit=_MOST):
        silent = alarm.kind == OFFLINE and now_utc_ms - alarm.raised_utc_ms >= SILENT_MS
        if silent and alarm.subject in roads and alarm.subject not in latched:
            found.append(_of_silence(alarm.subject, alarm.raised_utc_ms, roads[alarm.subject]))
    return tuple(found)


def roads_of_signals(network: RoadNetwork) -> Mapping[str, Road]:
    """Return, for each signal, the road into it that takes the most: where its incident is put."""
    found: dict[str, Road] = {}
    for road in network.roads:
        known = found.get(road.signal)
        if road.signal and (known is None or road.capacity_veh_h > known.capacity_veh_h):
            found[road.signal] = road
    return found


def _latched(reading: Reading) -> Iterator[Fault]:
    """Yield faults of the lamps as a whole: one lamp that is dark names its device."""
    return (fault for fault in faults(reading, facility=Facility.LAMP.value, live=True) if not fault.device)


def _of_fault(fault: Fault, road: Road) -> Finding:
    text = f"signal {fault.cabinet}: {fault.text or fault.code}"[:200]
    evidence = Evidence(EvidenceSource.CABINET, LATCHED, fault.cabinet, fault.begin_utc_ms, text)
    return Finding(
        IncidentKind.SIGNAL_OUT,
        road.road,
        fault.begin_utc_ms,
        (evidence,),
        confirms=True,
        began_utc_ms=fault.begin_utc_ms,
        cabinet=fault.cabinet,
        ticket=fault.ticket,
    )


def _of_silence(cabinet: str, since_utc_ms: int, road: Road) -> Finding:
    text = f"cabinet {cabinet} has said nothing since"
    evidence = Evidence(EvidenceSource.CABINET, SILENT, cabinet, since_utc_ms, text)
    return Finding(
        IncidentKind.SIGNAL_OUT, road.road, since_utc_ms, (evidence,), began_utc_ms=since_utc_ms, cabinet=cabinet
    )
