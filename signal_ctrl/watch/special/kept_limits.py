"""The limits of special vehicles as they stand at a start of the centre: by the corridors and junctions that the store
has of the last hour. Nobody gets a second helping by a restart, nor by the take-over of a standby.
"""

from collections.abc import Callable
from typing import Final

from signal_ctrl.centre.ports import Reading
from signal_ctrl.centre.preemptions import PREEMPTIONS, Preemption
from signal_ctrl.watch.special.limits import HOUR_S, Limits
from signal_ctrl.watch.special.values import CORRIDORS, Corridor

_MOST: Final = 100_000
_S_MS: Final = 1000
Given = tuple[tuple[Corridor, ...], tuple[Preemption, ...]]
Read = Callable[[Callable[[Reading], Given]], Given]


def restored(read: Read, now_utc_ms: int, now_s: float) -> Limits:
    """Return limits that know of the last hour. [ms] [s, on the clock that limits are asked by]

    What the store has of later than now, by a clock that was set back, counts as of now: it lasts for the whole hour.
    """
    since_ms = now_utc_ms - round(_S_MS * HOUR_S)
    corridors, kept = read(
        lambda r: (
            r.shelf(CORRIDORS).find(since_utc_ms=since_ms, limit=_MOST),
            r.shelf(PREEMPTIONS).find(since_utc_ms=since_ms, limit=_MOST),
        )
    )

    def at_s(utc_ms: int) -> float:
        return now_s - max(now_utc_ms - utc_ms, 0) / _S_MS

    limits = Limits()
    limits.restore(
        ((one.vehicle, at_s(one.asked_utc_ms)) for one in corridors),
        ((one.vehicle, one.cabinet, at_s(one.start_utc_ms)) for one in kept),
    )
    return limits
