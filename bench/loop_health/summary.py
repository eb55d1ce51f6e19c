"""What the lines of a campaign's ledger come to, as text."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final

Line = Mapping[str, Any]
GOAL_DAYS: Final = 3000


def summary(lines: Sequence[Line]) -> str:
    """Return false alarms, times of finding and errors of imputed counts, a line each."""
    return "\n".join([*_healthy(lines), *_faults(lines), *_imputed(lines)])


def _healthy(lines: Sequence[Line]) -> Iterator[str]:
    days = [line for line in lines if "detector_days" in line]
    if not days:
        return
    total, alarms = (sum(line[name] for line in days) for name in ("detector_days", "false_alarms"))
    yield f"healthy detector-days: {total} of {GOAL_DAYS}, false alarms: {alarms}"
    for line in days:
        share = f"{100 * line['suspect_share']:.2f} % of the time"
        yield (
            f"  day {line['day']}, level {line['level']}, {line['history_days']} days of history: "
            f"{line['false_alarms']} false alarms; {line['suspect_loops']} of {line['detector_days']} loops suspect "
            f"at times ({share}), {line['quiet_loops']} counted less than 100 vehicles"
        )


def _faults(lines: Sequence[Line]) -> Iterator[str]:
    by_kind: defaultdict[str, list[Line]] = defaultdict(list)
    accused = 0
    for line in lines:
        accused += len(line.get("accused", []))
        for row in line.get("faults", []):
            by_kind[row["kind"]].append(row)
    for kind, rows in by_kind.items():
        found = [row["failed_min"] for row in rows if row["failed_min"] is not None]
        doubted = [row["suspect_min"] for row in rows if row["suspect_min"] is not None]
        times = f"failed after {median(found):.0f} min (at most {max(found):.0f})" if found else "never failed"
        doubt = f", doubted after {median(doubted):.0f} min (at most {max(doubted):.0f})" if doubted else ""
        yield f"{kind}: {len(found)} of {len(rows)} found, {times}{doubt}"
    if by_kind:
        yield f"loops accused without a fault of their own: {accused}"


def _imputed(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        for row in (*line.get("figures", []), *line.get("by_way", [])):
            if row["values"]:
                what = f"from {row['floor_veh_h']:g} veh/h" if "floor_veh_h" in row else f"by {row['way']}"
                yield f"imputed on day {line['day']} {what}: {_error(row)}"


def _error(row: Line) -> str:
    shares = (
        f"{name} {100 * row[key]:.1f} %"
        for name, key in (("MAPE", "mape"), ("WAPE", "wape"), ("Poisson floor", "poisson_floor"), ("in 95 %", "within"))
    )
    return f"{', '.join(shares)}, {row['values']} values, {row['unknown']} unknown"
