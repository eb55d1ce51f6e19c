"""That alarms changed, for the stream: most are raised and cleared by the centre itself, which is no act of anybody."""

from collections.abc import Callable, Sequence
from typing import Final

from signal_ctrl.centre.alarms import ALARMS, AlarmState
from signal_ctrl.centre.ports import Reading, Store
from signal_ctrl.web.stream_hub import News

_LIVE: Final = (AlarmState.RAISED.value, AlarmState.ACKNOWLEDGED.value)
Mark = tuple[str | int, ...]


def alarms_mark(reading: Reading) -> Mark:
    """Return something that is another one when alarms were raised, seen by somebody, or cleared."""
    shelf = reading.shelf(ALARMS)
    youngest = shelf.find({"state": _LIVE}, limit=1)
    return (*(shelf.count({"state": state}) for state in _LIVE), *(each.alarm_id for each in youngest))


class AlarmNews:
    """Tells that alarms changed since it was asked last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mark: Mark | None = None

    def __call__(self) -> tuple[News, ...]:
        """Return the event `alarms` if they changed."""
        before, self._mark = self._mark, self._store.read(alarms_mark)
        return (News("alarms", "{}"),) if before is not None and before != self._mark else ()


def in_turn(tellers: Sequence[Callable[[], tuple[News, ...]]]) -> Callable[[], tuple[News, ...]]:
    """Return what asks each of several for its news."""
    return lambda: tuple(news for tell in tellers for news in tell())
