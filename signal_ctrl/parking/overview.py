"""What an operator looks at: occupancy, turnover, estimated revenue, who stays too long, how the sensors are."""

from typing import Any, Final

from signal_ctrl.parking.facility_state import FacilityState
from signal_ctrl.parking.occupancy import Trust
from signal_ctrl.parking.service import Parking
from signal_ctrl.parking.stays import DayTotals, mean_stay_min
from signal_ctrl.parking.tariffs import MS_PER_MIN

MOST_OVERSTAYS: Final = 200
HOUR_MS: Final = 3_600_000


def overview(parking: Parking) -> dict[str, Any]:
    """Return everything as a JSON object; what is not known is null, never 0."""
    now_ms = parking.clock.utc_ms()
    states = tuple(parking.book.states())
    rows = [_row(parking, state, now_ms) for state in states]
    late = [each for state in states for each in overstays(state, now_ms)]
    late.sort(key=lambda each: -each["over_min"])
    known = [row for row in rows if row["trust"] == Trust.GOOD.value]
    return {
        "utc_ms": now_ms,
        "timezone": parking.book.facilities.timezone,
        "capacity": sum(row["capacity"] for row in rows),
        "known_capacity": sum(row["capacity"] for row in known),
        "free": sum(row["free"] for row in known),
        "guided": parking.guidance.under_way,
        "gave_way": parking.guidance.gave_way,
        "facilities": rows,
        "overstays": late[:MOST_OVERSTAYS],
        "overstays_count": len(late),
        "senders": _senders(parking, now_ms),
    }


def overstays(state: FacilityState, now_utc_ms: int) -> list[dict[str, Any]]:
    """Return the spaces on which a car stands longer than it may. [ms]"""
    found = []
    for section in state.facility.sections:
        sensors = state.sensors_of(section.section)
        if sensors is None or not section.longest_stay_min:
            continue
        for number in section.numbers:
            kept = sensors.state(number)
            if kept is None or not kept.occupied or sensors.doubt(number, now_utc_ms) is not None:
                continue
            stay_min = (now_utc_ms - kept.changed_utc_ms) / MS_PER_MIN
            if stay_min > section.longest_stay_min:
                found.append(
                    {
                        "facility": state.facility.facility,
                        "space": number,
                        "kind": section.kind.value,
                        "stay_min": round(stay_min),
                        "over_min": round(stay_min - section.longest_stay_min),
                    }
                )
    return found


def _row(parking: Parking, state: FacilityState, now_utc_ms: int) -> dict[str, Any]:
    facility, belief = state.facility, parking.book.of(state.facility.facility, now_utc_ms)
    known = belief.trust is Trust.GOOD
    return {
        "facility": facility.facility,
        "name": facility.name,
        "name_en": facility.name_en,
        "district": facility.district,
        "place": list(facility.place),
        "open": parking.book.facilities.is_open(facility.facility, now_utc_ms),
        "capacity": facility.capacity,
        "free": belief.total.free if known else None,
        "at_least": belief.total.low,
        "at_most": belief.total.high,
        "trust": belief.trust.value,
        "source": belief.source.value,
        "why": belief.why,
        "age_s": round(belief.age_ms / 1000) if belief.heard_utc_ms else None,
        "corrected_veh": None if state.gates is None else state.gates.clamped,
        **today_of(parking, state, now_utc_ms),
        "currency": facility.tariff.currency,
    }


def today_of(parking: Parking, state: FacilityState, now_utc_ms: int) -> dict[str, Any]:
    """Return turnover, mean stay and estimated revenue of the day so far. [ms]

    Turnover is cars that came for each space. Where no stay is seen, stays are those of Little's law over the samples
    of the day, and `revenue_by` says so.
    """
    day = state.stays.today
    if day is None or now_utc_ms - day.begin_utc_ms > 26 * HOUR_MS:
        return {"entered": None, "turnover": None, "stay_min": None, "revenue_cents": None, "revenue_by": None}
    stay_min, cents, means = _stays(parking, state, day, now_utc_ms)
    return {
        "entered": day.entered,
        "turnover": round(day.entered / state.facility.capacity, 2),
        "stay_min": None if stay_min is None else round(stay_min, 1),
        "revenue_cents": cents,
        "revenue_by": means,
    }


def _stays(
    parking: Parking, state: FacilityState, day: DayTotals, now_utc_ms: int
) -> tuple[float | None, int | None, str | None]:
    if day.stays:
        return day.stay_min / day.stays, day.cents, "stays"
    name = state.facility.facility
    samples = [each for each in parking.history.samples(name, day.begin_utc_ms, now_utc_ms) if each.trust is Trust.GOOD]
    if not samples or not day.left:
        return None, None, None
    inside = sum(each.capacity - each.free for each in samples) / len(samples)
    stay_min = mean_stay_min(inside, day.left, (now_utc_ms - day.begin_utc_ms) / HOUR_MS)
    price = parking.book.facilities.price_cents(name, now_utc_ms - round(stay_min * MS_PER_MIN), min(stay_min, 1440.0))
    return stay_min, day.left * price, "gates"


def _senders(parking: Parking, now_utc_ms: int) -> list[dict[str, Any]]:
    return [
        {
            "sender": name,
            "batches": heard.batches,
            "taken": heard.taken,
            "left_out": {reason.value: many for reason, many in heard.left_out.items()},
            "silent_s": round((now_utc_ms - heard.last_utc_ms) / 1000),
        }
        for name, heard in sorted(parking.intake.heard.items())
    ]
