"""Signals that are out, from the faults of cabinets: the monitor latched (lamps flash or are dark), or no word at all.

A cabinet that is silent goes on by its local plan, so silence alone makes a suspicion, never more (SAFETY part B).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from signal_ctrl.centre.alarm_desk import alarms
from signal_ctrl.centre.cabinets import every_cabinet
from signal_ctrl.centre.fault_desk import faults
from signal_ctrl.centre.faults import Facility, Fault
from signal_ctrl.centre.plans import by_signal
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
    latched = {fault.cabinet: fault for fault in _latched(reading)}
    silent = [
        alarm
        for alarm in alarms(reading, limit=_MOST)
        if alarm.kind == OFFLINE and now_utc_ms - alarm.raised_utc_ms >= SILENT_MS and alarm.subject not in latched
    ]
    if not latched and not silent:
        return ()
    roads = roads_of_cabinets(reading, network)
    return (
        *(_of_fault(fault, roads[name]) for name, fault in latched.items() if name in roads),
        *(
            _of_silence(each.subject, each.raised_utc_ms, roads[each.subject])
            for each in silent
            if each.subject in roads
        ),
    )


def roads_of_cabinets(reading: Reading, network: RoadNetwork) -> Mapping[str, Road]:
    """Return, for each cabinet, the road into its signal that takes the most."""
    cabinets = by_signal(every_cabinet(reading))
    roads = roads_of_signals(network)
    return {cabinets[signal].cabinet: road for signal, road in roads.items() if signal in cabinets}


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
