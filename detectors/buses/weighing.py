"""As how many cars a bus counts: the persons in it, more for one that is late, nothing more for one that is early."""

from dataclasses import dataclass

from signal_ctrl.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class BusWeighing:
    """How buses are weighed. [s]

    `persons_car`, persons in a car; `usual_load`, persons in a bus that does not tell; from `late_from_s` behind its
    timetable a bus counts more, by one more of itself for each `late_per_s`, at most `most_urgent` times; a headway
    above `headway_from` of the usual one counts like being late by the difference. A bus that is earlier than
    `early_from_s`, or closer than `headway_to` of the usual headway behind the one before it, counts as one car.
    """

    persons_car: float = 1.3
    usual_load: float = 30.0
    late_from_s: float = 60.0
    late_per_s: float = 180.0
    most_urgent: float = 3.0
    headway_from: float = 1.2
    headway_to: float = 0.6
    early_from_s: float = 60.0

    def __post_init__(self) -> None:
        if not (self.persons_car >= 1 and self.usual_load >= 0 and self.late_per_s > 0 and self.most_urgent >= 1):
            raise InvalidInputError("persons_car and most_urgent are 1 or more, late_per_s more than 0 s")
        if not (self.early_from_s >= 0 and self.late_from_s >= 0 and 0 <= self.headway_to <= 1 <= self.headway_from):
            raise InvalidInputError("need early_from_s, late_from_s 0 or more and headway_to <= 1 <= headway_from")


def cars_of(
    load: float | None,
    late_s: float | None,
    headway_s: float | None,
    usual_s: float | None,
    weighing: BusWeighing,
) -> float:
    """Return as how many cars a bus counts; one at least.

    Args: load, persons in it, None: not told; late_s behind its timetable [s]; headway_s to the bus before it and
        usual_s of its line [s], None: not known.
    >>> cars_of(39, 0.0, None, None, BusWeighing())
    30.0
    >>> cars_of(39, -90.0, None, None, BusWeighing())
    1.0
    >>> cars_of(39, 240.0, None, None, BusWeighing())
    60.0
    """
    behind_s = 0.0 if late_s is None else late_s
    if headway_s is not None and usual_s is not None:
        if late_s is None and headway_s < weighing.headway_to * usual_s:
            return 1.0
        if headway_s > weighing.headway_from * usual_s:
            behind_s = max(behind_s, headway_s - usual_s)
    if behind_s < -weighing.early_from_s:
        return 1.0
    urgent = 1.0 + max(behind_s - weighing.late_from_s, 0.0) / weighing.late_per_s
    persons = weighing.usual_load if load is None else load
    return max(persons / weighing.persons_car * min(urgent, weighing.most_urgent), 1.0)
