"""News for those who watch: acts of the audit by their number, and junctions that changed.

The audit is what orders and numbers the news, so a client that lost its connection goes on with the number it saw last,
after a restart or at another worker too. It carries no more of a record than what was done to what, and when.

Who asks for differences gets of a junction that changed what changed alone. Each piece of news is written, and packed,
once for all who listen; see `packed_stream`.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from signal_ctrl.centre.audit import StoredRecord
from signal_ctrl.centre.identity import Actor
from signal_ctrl.centre.ports import Store
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import NotLoggedInError, StorageError
from signal_ctrl.web.packed_stream import Piece

RECHECK_MS: Final = 60_000
"""How often it is looked whether a listener still may. [ms]"""
MOST_WAITING: Final = 256
"""News that wait for a client that does not take them; then it is cut off, and comes back with its last number."""
MOST_MISSED: Final = 1000
SAYS: Final = "says"
PRIVATE: Final = ("login", "logout", "second-factor", "session/", "password/", "user/", "request")
"""Acts that are nobody's business but the auditor's."""

Look = Callable[[bool], Mapping[str, dict[str, Any]]]
"""Returns every junction as it is shown; whether cabinets may have come or moved."""
More = Callable[[], "tuple[News, ...]"]
"""Returns what else is new since it was asked last."""
There = Callable[[], Mapping[str, Any]]
"""Returns what a listener may ask for besides: told to each when it begins."""


@dataclass(frozen=True)
class News:
    """One event of the stream. `number` is 0 where it is not an act."""

    kind: str
    data: str
    number: int = 0

    @cached_property
    def piece(self) -> Piece:
        """The event as server-sent events have it, and packed; made once for all who listen."""
        number = f"id: {self.number}\n" if self.number else ""
        return Piece(f"{number}event: {self.kind}\ndata: {self.data}\n\n".encode())


@dataclass(eq=False, slots=True)
class Listener:
    """One client of the stream. `differs`: it gets of junctions what changed alone."""

    actor: Actor
    loop: asyncio.AbstractEventLoop
    checked_mono_ms: int
    differs: bool = False
    closed: str = ""
    waiting: deque[News] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, news: tuple[News, ...]) -> None:
        """Hand over news, from any thread."""
        self.loop.call_soon_threadsafe(self._take, news)

    def close(self, why: str) -> None:
        """End the stream, from any thread."""
        self.loop.call_soon_threadsafe(self._end, why)

    def _take(self, news: tuple[News, ...]) -> None:
        self.waiting.extend(news)
        if len(self.waiting) > MOST_WAITING:
            self._end("too slow")
        self.wake.set()

    def _end(self, why: str) -> None:
        self.closed = self.closed or why
        self.wake.set()


class StreamHub:
    """Finds what is new once a second, while anybody listens."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        look: Look,
        recheck: Callable[[Actor], Actor],
        more: More = lambda: (),
        there: There = dict,
    ) -> None:
        self._store = store
        self._clock = clock
        self._look = look
        self._recheck = recheck
        self._more = more
        self._there = there
        self._listeners: set[Listener] = set()
        self._shown: Mapping[str, dict[str, Any]] = {}
        self._all: News | None = None
        self._last_n = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._listeners)

    def join(
        self, actor: Actor, loop: asyncio.AbstractEventLoop, last_number: int | None, differs: bool = False
    ) -> Listener:
        """Let somebody listen. Args: last_number, what they saw last; None for who begins; differs, see `Listener`.

        They get what they missed, or `reset` where that is too much, and every junction as it is.
        """
        listener = Listener(actor, loop, self._clock.mono_ms(), differs)
        with self._lock:
            if not self._listeners:
                self._more()
                self._last_n = self._store.read(lambda reading: reading.audit.head().n)
                self._show(self._look(True))
            here = News("here", _json(self._there()), self._last_n)
            listener.tell((*self._missed(last_number), here, self._all_now()))
            self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Let somebody go; called from the event loop, which waits for no tick."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End all streams, because the process stops."""
        for listener in tuple(self._listeners):
            listener.close("stopping")

    def tick(self) -> None:
        """Tell what is new; called once a second, from a thread."""
        with self._lock:
            if self._listeners:
                self._tell()

    def _missed(self, last_number: int | None) -> tuple[News, ...]:
        if last_number is None:
            return ()
        if not 0 <= self._last_n - last_number <= MOST_MISSED:
            return (News("reset", "{}"),)
        records = self._store.read(lambda reading: reading.audit.records(last_number + 1, MOST_MISSED))
        return tuple(news_of(stored) for stored in records if is_public(stored) and stored.record.n <= self._last_n)

    def _show(self, shown: Mapping[str, dict[str, Any]]) -> None:
        self._shown, self._all = shown, None

    def _all_now(self) -> News:
        """Return every junction as it is, written once for all who come before anything changes."""
        if self._all is None:
            self._all = News("junctions", _json(list(self._shown.values())))
        return self._all

    def _tell(self) -> None:
        records = self._store.read(lambda reading: reading.audit.records(self._last_n + 1, MOST_MISSED))
        shown = self._look(any(stored.record.object.startswith("cabinet") for stored in records))
        acts, more = tuple(news_of(stored) for stored in records if is_public(stored)), self._more()
        changed = [name for name, each in shown.items() if self._shown.get(name) != each]
        gone = sorted(self._shown.keys() - shown.keys())
        rest = (*([News("gone", _json(gone))] if gone else []), *more)
        told = {
            differs: (*acts, *self._changed(shown, changed, differs), *rest)
            for differs in {listener.differs for listener in self._listeners}
        }
        if changed or gone:
            self._show(shown)
        self._last_n = records[-1].record.n if records else self._last_n
        sessions = any(not is_public(stored) for stored in records)
        for listener in tuple(self._listeners):
            self._check(listener, sessions)
            news = told.get(listener.differs, ())
            if news:
                listener.tell(news)

    def _changed(self, shown: Mapping[str, dict[str, Any]], changed: list[str], differs: bool) -> tuple[News, ...]:
        """Return what is told of junctions that changed: whole, or what changed of those that were known."""
        new = [shown[name] for name in changed if not differs or name not in self._shown]
        found = [News("junctions", _json(new))] if new else []
        known = {name: difference(self._shown[name], shown[name]) for name in changed if name in self._shown}
        return (*found, *([News("changes", _json(known))] if differs and known else []))

    def _check(self, listener: Listener, now: bool) -> None:
        if not now and self._clock.mono_ms() - listener.checked_mono_ms < RECHECK_MS:
            return
        listener.checked_mono_ms = self._clock.mono_ms()
        try:
            self._recheck(listener.actor)
        except NotLoggedInError:
            listener.close("the login has ended")
        except StorageError:  # what is new is told all the same, and the login looked at with the next tick
            listener.checked_mono_ms -= RECHECK_MS


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changed of a junction, whole; of what it says of itself what changed alone, null for what is gone.

    >>> difference({"link": "online", "says": {"rung": "0", "waiting": "3"}}, {"link": "online", "says": {"rung": "2"}})
    {'says': {'rung': '2', 'waiting': None}}
    """
    found = {key: value for key, value in after.items() if before.get(key) != value}
    if SAYS in found and SAYS in before:
        found[SAYS] = _parts(before[SAYS], after[SAYS])
    return found


def _parts(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    keys = sorted(before.keys() | after.keys())
    return {key: after.get(key) for key in keys if before.get(key) != after.get(key)}


def is_public(stored: StoredRecord) -> bool:
    """Tell whether an act is news for everybody who reads the status."""
    return not stored.record.action.startswith(PRIVATE)


def news_of(stored: StoredRecord) -> News:
    """Return what is told of an act."""
    record = stored.record
    data = {"n": record.n, "time_utc_ms": record.at_utc_ms, "action": record.action, "object": record.object}
    return News("act", _json(data), record.n)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
