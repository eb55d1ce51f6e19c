"""Make counted days up: `python make_days.py BASE.csv`, where `signal-ctrl scenarios count` has written BASE.csv.

Writes counts.csv (three weeks with the National Day holidays) and later.csv (six weeks more, in which the demand of
half of the approaches grows from the third week on and that of the others falls). The flows of BASE.csv are taken for
those of a quiet hour at noon; working days have a peak of half of the approaches in the morning and of the others in
the evening.
"""

import csv
import datetime as dt
import random
import sys
from collections import defaultdict

QUARTER_S = 900
FIRST, LATER = dt.date(2026, 9, 21), dt.date(2026, 10, 12)
HOLIDAYS = {dt.date(2026, 10, day) for day in (1, 2, 5, 6, 7)}
EXTRA = {dt.date(2026, 10, 10)}
NIGHT = [0.1] * 6 + [0.5, 0.8] + [0.7] * 11 + [0.6, 0.4, 0.3, 0.2, 0.1]


def peak(hour: float, at: float) -> float:
    """Return by how much an hour of the day is busier than the hours around, 0 to 1."""
    return max(0.0, 1.0 - abs(hour - at) / 2.0)


def flow(number: int, day: dt.date, hour: float, growth: float) -> float:
    """Return a factor on the flow of an approach."""
    free = (day.weekday() >= 5 or day in HOLIDAYS) and day not in EXTRA
    own = 0.0 if free else 0.8 * peak(hour, 8.0 if number % 2 == 0 else 17.5)
    return (NIGHT[int(hour)] + own) * (1.0 + (0.1 if number % 2 == 0 else -0.06) * growth)


def main(base: str) -> None:
    """Write both files."""
    dice, turns, seconds = random.Random(7), defaultdict(float), set()
    with open(base, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            turns[row["signal"], row["from_edge"], row["to_edge"]] += float(row["vehicles"])
            seconds.add((float(row["begin_s"]), float(row["end_s"])))
    hours = sum(end - begin for begin, end in seconds) / 3600
    approaches = sorted({turn[:2] for turn in turns})
    for name, first, weeks in (("counts.csv", FIRST, 3), ("later.csv", LATER, 6)):
        with open(name, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("date", "begin_s", "end_s", "signal", "from_edge", "to_edge", "vehicles"))
            for k in range(7 * weeks):
                day, growth = first + dt.timedelta(k), max(0, k // 7 - 1) if weeks > 3 else 0
                for begin_s in range(0, 86400, QUARTER_S):
                    for turn, vehicles in sorted(turns.items()):
                        factor = flow(approaches.index(turn[:2]), day, begin_s / 3600, growth)
                        mean = 1.1 * vehicles / hours * QUARTER_S / 3600 * factor
                        count = max(0, round(dice.gauss(mean, mean**0.5)))
                        writer.writerow((day.isoformat(), begin_s, begin_s + QUARTER_S, *turn, count))


if __name__ == "__main__":
    main(sys.argv[1])
