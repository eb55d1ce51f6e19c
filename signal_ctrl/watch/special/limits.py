"""What even a registered vehicle may not: ask too often, and keep one junction too often. Pure; times are handed in.

A stolen device costs delay, and no more than this (SAFETY part E, forged pre-emption call).
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Final

from signal_ctrl.domain.errors import RefusedError

HOUR_S: Final = 3_600.0
REQUESTS_H: Final = 6
"""A vehicle asks for so many corridors in an hour at most. [P]"""
JUNCTION_H: Final = 12
"""A junction is kept so often in an hour at most, for whomever. [P]"""
VEHICLE_JUNCTION_H: Final = 4
"""A vehicle has one junction so often in an hour at most: it does not go round. [P]"""
REPORTS_S: Final = 2.0
"""A device reports so often in a second at most; what comes more often is refused. [1/s] [P]"""


class Counted:
    """How often each of several things happened within a time. [s]"""

    def __init__(self, most: int, within_s: float) -> None:
        self._most, self._within_s = most, within_s
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def full(self, key: str, now_s: float) -> bool:
        """Tell whether it has happened as often as it may."""
        times = self._times[key]
        while times and now_s - times[0] >= self._within_s:
            times.popleft()
        return len(times) >= self._most

    def note(self, key: str, now_s: float) -> None:
        """Note that it happens."""
        self._times[key].append(now_s)


class Limits:
    """All limits of one centre, by its monotonic clock. What is asked within a transaction is counted after it.

    Corridors and junctions are kept in the store: with `restore` a start counts on where the one before it stopped.
    Reports are not, for their limit is one of 10 s.
    """

    def __init__(self) -> None:
        self._requests = Counted(REQUESTS_H, HOUR_S)
        self._junctions = Counted(JUNCTION_H, HOUR_S)
        self._pairs = Counted(VEHICLE_JUNCTION_H, HOUR_S)
        self._reports = Counted(round(10 * REPORTS_S), 10.0)

    def restore(self, requests: Iterable[tuple[str, float]], kept: Iterable[tuple[str, str, float]]) -> None:
        """Count what happened before this start, on the clock of now. [s]

        Args: requests, vehicle and when; kept, vehicle, cabinet and when.
        """
        for vehicle, at_s in sorted(requests, key=lambda each: each[1]):
            self._requests.note(vehicle, at_s)
        for vehicle, cabinet, at_s in sorted(kept, key=lambda each: each[2]):
            self._junctions.note(cabinet, at_s)
            self._pairs.note(f"{vehicle} {cabinet}", at_s)

    def may_request(self, vehicle: str, now_s: float) -> None:
        """Raises: RefusedError if the vehicle asks too often."""
        if self._requests.full(vehicle, now_s):
            raise RefusedError("E/vehicle-rate", f"vehicle {vehicle} has had {REQUESTS_H} corridors within an hour")

    def request(self, vehicle: str, now_s: float) -> None:
        """Count a request. Raises: RefusedError if the vehicle asks too often."""
        self.may_request(vehicle, now_s)
        self._requests.note(vehicle, now_s)

    def report(self, vehicle: str, now_s: float) -> None:
        """Count a report. Raises: RefusedError if it comes too soon."""
        if self._reports.full(vehicle, now_s):
            raise RefusedError(
                "E/report-rate", f"vehicle {vehicle} reports more often than {REPORTS_S:g} times a second"
            )
        self._reports.note(vehicle, now_s)

    def may_keep(self, vehicle: str, cabinet: str, now_s: float) -> None:
        """Raises: RefusedError if a junction is kept too often."""
        pair = f"{vehicle} {cabinet}"
        if self._junctions.full(cabinet, now_s):
            raise RefusedError("E/junction-rate", f"cabinet {cabinet} was kept {JUNCTION_H} times within an hour")
        if self._pairs.full(pair, now_s):
            text = f"cabinet {cabinet} was kept {VEHICLE_JUNCTION_H} times within an hour for vehicle {vehicle}"
            raise RefusedError("E/junction-rate", text)

    def junction(self, vehicle: str, cabinet: str, now_s: float) -> None:
        """Count that a junction is kept. Raises: RefusedError if it is kept too often."""
        self.may_keep(vehicle, cabinet, now_s)
        self._junctions.note(cabinet, now_s)
        self._pairs.note(f"{vehicle} {cabinet}", now_s)
