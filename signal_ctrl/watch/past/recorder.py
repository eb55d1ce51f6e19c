"""Records what is shown of the city: looked at once a second, what changed is kept every ten seconds."""

from collections.abc import Callable
from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.ports import Condition, Importance
from signal_ctrl.watch.past.values import (
    GAP_MS,
    PAST_KEPT_DAYS,
    PAST_PIECES,
    PIECE_MS,
    WHOLE_MS,
    Moment,
    Packer,
    Picture,
    changes_between,
)

DAY_MS: Final = 86_400_000
_TIDY_MS: Final = 3_600_000
_TAKES_RAW: Final = frozenset({Condition.OPEN, Condition.SPACE_LOW})


class Recorder:
    """Looks and writes in `tick`, called once a second. What cannot be kept is lost, and the next piece begins anew."""

    def __init__(self, desk: Desk, look: Callable[[], Picture], kept_days: int = PAST_KEPT_DAYS) -> None:
        """Args: look, returns what is shown now; kept_days, how long pieces are kept, 0: nothing is recorded [d]."""
        self._desk = desk
        self._look = look
        self.kept_days = kept_days
        self._before: Picture | None = None
        self._packer: Packer | None = None
        self._moments: list[Moment] = []
        self._last_ms = 0
        self._tidied_mono_ms: int | None = None

    def tick(self) -> None:
        """Look, and keep what is due. Raises: StorageError if it cannot be kept."""
        if not self.kept_days or self._desk.store.condition not in _TAKES_RAW:
            self._forget()
            return
        now_ms = self._desk.now_ms()
        if now_ms == self._last_ms:
            return
        if self._before is not None and not 0 <= now_ms - self._last_ms <= GAP_MS:
            self._end()
        self._see(now_ms)
        self._tidy(now_ms)

    def _see(self, now_ms: int) -> None:
        """Add what changed to the piece that goes on, or keep that one and begin the next."""
        is_whole = self._before is None or now_ms // WHOLE_MS != self._last_ms // WHOLE_MS
        if self._moments and (is_whole or now_ms - self._moments[0].at_utc_ms >= PIECE_MS):
            self._keep()
        picture = self._look()
        if is_whole:
            self._packer = self._begun(picture)
        anew = self._before is None
        changes = {} if self._before is None else changes_between(self._before, picture)
        if changes or not self._moments:
            self._moments.append(Moment(now_ms, changes, anew))
        self._before, self._last_ms = picture, now_ms

    def _begun(self, picture: Picture) -> Packer:
        try:
            return Packer(picture)
        except BaseException:
            self._forget()
            raise

    def _keep(self) -> None:
        packer, seen = self._packer or Packer(None), self._moments
        self._packer, self._moments = None, []
        try:
            piece = packer.piece(seen, self._last_ms)
            self._desk.store.write(lambda t: t.shelf(PAST_PIECES).put(piece), Importance.RAW)
        except BaseException:
            self._forget()
            raise

    def _end(self) -> None:
        """Keep what was seen so far, and begin anew."""
        if self._moments:
            self._keep()
        self._forget()

    def _forget(self) -> None:
        self._before, self._packer, self._moments = None, None, []

    def _tidy(self, now_ms: int) -> None:
        mono_ms = self._desk.clock.mono_ms()
        if self._tidied_mono_ms is not None and mono_ms - self._tidied_mono_ms < _TIDY_MS:
            return
        self._tidied_mono_ms = mono_ms
        oldest_ms = now_ms - self.kept_days * DAY_MS
        self._desk.store.write(lambda t: t.shelf(PAST_PIECES).forget(oldest_ms), Importance.ESSENTIAL)
