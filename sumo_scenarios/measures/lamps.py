"""The lamps of every signal in every step, as SUMO recorded them."""

import gzip
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.context import Times
from sumo_scenarios.measures.figures import Bools

LAMPS: Final = "tls_states.xml.gz"
_ROW: Final = re.compile(
    rb'<tlsState time="([\d.]+)" id="([^"]*)" programID="[^"]*" phase="[^"]*" state="([a-zA-Z]+)"/>'
)
_GREEN: Final = np.frombuffer(b"Gg", dtype=np.uint8)
_AMBER: Final = np.frombuffer(b"yY", dtype=np.uint8)
_ESCAPES: Final = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&apos;", b"'"), (b"&amp;", b"&"))


@dataclass(frozen=True, slots=True)
class Lamps:
    """Letters of one signal, shape (n_steps, n_links); steps that are not recorded hold zeros, `missing` of them."""

    letters: npt.NDArray[np.uint8]
    missing: int

    def green(self, link: int) -> Bools:
        """Return in which steps a link is green, permissive or protected; shape (n_steps,)."""
        return np.isin(self.letters[:, link], _GREEN)

    def amber(self, link: int) -> Bools:
        """Return in which steps a link is amber; shape (n_steps,)."""
        return np.isin(self.letters[:, link], _AMBER)


def read_lamps(run: Path, times: Times) -> dict[str, Lamps]:
    """Return the lamps of a run by signal. Raises: BackendError if the file is missing or damaged."""
    path = run / LAMPS
    try:
        found = path.stat()
    except OSError as error:
        raise BackendError(f"cannot read {path}: {error.strerror}") from error
    return _read(path, (found.st_size, found.st_mtime_ns), times)


@lru_cache(maxsize=1)
def _read(path: Path, _stamp: tuple[int, int], times: Times) -> dict[str, Lamps]:
    try:
        with gzip.open(path, "rb") as stream:
            content = stream.read()
    except (OSError, EOFError, zlib.error) as error:
        raise BackendError(f"cannot read {path}: {error}") from error
    rows = _ROW.findall(content)
    if content.count(b"<tlsState ") != len(rows) or not content.rstrip().endswith(b"</tlsStates>"):
        raise BackendError(f"cannot read {path}: it is cut off or damaged")
    by_signal: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for time, signal, state in rows:
        by_signal.setdefault(signal, []).append((time, state))
    return {_plain(signal): _lamps(path, found, times) for signal, found in by_signal.items()}


def _lamps(path: Path, rows: list[tuple[bytes, bytes]], times: Times) -> Lamps:
    """Return the lamps of one signal from (time, letters)."""
    widths = {len(state) for _, state in rows}
    if len(widths) != 1:
        raise BackendError(f"cannot read {path}: a signal has states of different lengths")
    steps = np.rint((np.array([float(time) for time, _ in rows]) - times.begin_s) / times.step_s).astype(np.int64)
    letters = np.zeros((times.steps, widths.pop()), dtype=np.uint8)
    inside = (steps >= 0) & (steps < times.steps)
    states = np.frombuffer(b"".join(state for _, state in rows), dtype=np.uint8).reshape(len(rows), -1)
    letters[steps[inside]] = states[inside]
    return Lamps(letters, int(np.count_nonzero(letters[:, 0] == 0)))


def _plain(signal: bytes) -> str:
    for escaped, plain in _ESCAPES:
        signal = signal.replace(escaped, plain)
    return signal.decode("utf-8")
