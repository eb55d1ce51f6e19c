"""The ledger of a tuning: each simulation's result, one line each, so that an interrupted tuning goes on."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.tuning.trial import TrialResult
from signal_ctrl.domain.errors import BackendError, InvalidInputError


def key_of(inputs: str, controller: str, candidate: Any, seed: int) -> str:
    """Return the key of one simulation: what it depends on, hashed."""
    text = json.dumps([inputs, controller, candidate, seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class Ledger:
    """Results by key, in memory and in a file that only grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, TrialResult] = {}
        if path.exists():
            self._read()

    def _read(self) -> None:
        """Read the lines there are; a last line that was cut off counts as not written."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"cannot read the ledger {self._path}: {error}") from error
        whole, _, rest = text.rpartition("\n")
        if rest:
            self._write(f"{whole}\n" if whole else "", "w")
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                row = json.loads(line)
                self._known[row["key"]] = _result(row)
            except (ValueError, KeyError, TypeError) as error:
                raise InvalidInputError(
                    f"{self._path} line {number} is damaged ({error}); delete the line, its simulation is made again"
                ) from error

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> TrialResult | None:
        """Return the result of a simulation that was made before."""
        return self._known.get(key)

    def add(self, key: str, what: Mapping[str, Any], result: TrialResult) -> None:
        """Note a result; it is on disk when this returns."""
        row = {"key": key, **what, **result.document()}
        self._write(json.dumps(row, separators=(",", ":"), allow_nan=False) + "\n", "a")
        self._known[key] = _result(row)

    def _write(self, text: str, mode: str) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open(mode, encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise BackendError(f"cannot write {self._path}: {error.strerror}") from error


def _result(row: Mapping[str, Any]) -> TrialResult:
    waiting = {str(signal): float(value) for signal, value in row["waiting_veh_h"].items()}
    invalid, artery_s = str(row.get("invalid", "")), float(row.get("artery_s", 0.0))
    return TrialResult(float(row["delay_s"]), int(row["unfinished_veh"]), waiting, invalid, artery_s)
