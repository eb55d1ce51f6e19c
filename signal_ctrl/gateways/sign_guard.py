"""The file of signs is never left standing: a process of its own blanks it when whoever follows them is no more.

Who follows signs may be killed without a word. Its guard sees at once that it is gone; and where it is there but says
nothing any more (stopped, hung), each text is taken off when its time in the file is over. Where both are killed at one
blow, whoever reads the file has to keep that time: `valid_ms` after it was written.
"""

import json
import os
import signal
import time
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.gateways.whole_file import read_whole, write_whole

LOOK_S: Final = 0.5
_MOST_BYTES: Final = 1 << 22
_TEXTS: Final = ("kind", "zh", "en")
_DONE: Final = "done"


class SignGuard:
    """Looks at the file again and again. What it finds there counts from when it finds it, by the monotonic clock."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._text = ""
        self._found_ms = 0

    def look(self) -> bool:
        """Take off each text whose time is over; return whether there was one. A file that is not there is no sign.

        Raises: InvalidInputError if it cannot be written.
        """
        text, mono_ms = self._read(), self._clock.mono_ms()
        if text != self._text:
            self._text, self._found_ms = text, mono_ms
        return self._blank(mono_ms - self._found_ms)

    def blank(self) -> bool:
        """Take every text off. Raises: InvalidInputError if the file cannot be written."""
        self._text = self._read()
        return self._blank(None)

    def _read(self) -> str:
        with suppress(InvalidInputError):
            return read_whole(self._path, "document of signs", _MOST_BYTES)
        return ""

    def _blank(self, passed_ms: int | None) -> bool:
        """Take off what is over after so long, None: all. What cannot be read as signs is none, and becomes none."""
        document = _document(self._text)
        if document is None:
            return False
        late_ms = self._clock.utc_ms() - document["at_utc_ms"]  # the earlier of the two clocks counts
        over = [
            s for s in document["signs"] if _stands(s) and (passed_ms is None or max(passed_ms, late_ms) >= _valid(s))
        ]
        if not over:
            return False
        for sign in over:
            sign.update(dict.fromkeys(_TEXTS, ""), valid_ms=0)
        document["at_utc_ms"] = self._clock.utc_ms()
        self._text = f"{canonical(document)}\n"
        self._found_ms = self._clock.mono_ms()
        write_whole(self._path, self._text)
        return True


def _document(text: str) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = json.loads(text)
        is_one = isinstance(document["at_utc_ms"], int) and all(isinstance(s["zh"], str) for s in document["signs"])
    except (ValueError, KeyError, TypeError):
        return None
    return document if is_one else None


def _stands(sign: dict[str, Any]) -> bool:
    return bool(sign["zh"] or sign.get("en"))


def _valid(sign: dict[str, Any]) -> int:
    valid_ms = sign.get("valid_ms")
    return valid_ms if isinstance(valid_ms, int) else 0


class GuardProcess:
    """The guard of one file, in a process of its own, from now until `close`."""

    def __init__(self, path: Path) -> None:
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(
            target=guard, args=(str(path.absolute()), theirs), name="sign guard", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._process.pid

    def close(self) -> None:
        """End it: whoever follows has taken the texts off itself, or leaves them to their time."""
        with suppress(OSError):
            self._line.send(_DONE)
        self._line.close()
        self._process.join(2.0)


def guard(path: str, line: Connection) -> None:
    """Be the guard: it hears no signal of a terminal, and ends with whoever it was started by."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    own, parent = SignGuard(Path(path), SystemClock()), os.getppid()
    while True:
        try:
            if line.poll(LOOK_S) and line.recv() == _DONE:
                return
        except (OSError, EOFError):
            break
        if os.getppid() != parent:
            break
        _tried(own.look)
    for _ in range(3):  # a disk that is full for a moment
        if _tried(own.blank):
            return
        time.sleep(LOOK_S)


def _tried(act: Any) -> bool:
    """Return whether it could be done."""
    try:
        act()
    except InvalidInputError:
        return False
    return True
