"""Tables of a user's file read strictly: what is missing, unknown or out of range is one line that says where."""

import difflib
import json
import math
import tomllib
from dataclasses import dataclass, field
from typing import Any, Final

from signal_ctrl.domain.documents import MOST_WHOLE, is_number, is_whole_number, why
from signal_ctrl.domain.errors import InvalidInputError

MAX_CHARACTERS: Final = 1 << 20
NEEDED: Final = object()


def read_table(text: str, source: str) -> dict[str, Any]:
    """Return the table of a TOML document, or of a JSON document if it begins with a brace.

    Raises: InvalidInputError if it is neither.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidInputError(f"{source} is longer than {MAX_CHARACTERS} characters")
    try:
        is_json = text.lstrip().startswith("{")
        found = json.loads(text, object_pairs_hook=_once) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{source}: {why(error)}") from error
    if not isinstance(found, dict):
        raise InvalidInputError(f"{source} is no table")
    return found


@dataclass(slots=True)
class Fields:
    """A table that is being read; `where` says of what it tells. Keys that nobody asked for are refused by `done`."""

    table: Any
    where: str
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not isinstance(self.table, dict):
            raise InvalidInputError(f"{self.where} has to be a table")

    def has(self, key: str) -> bool:
        """Tell whether a key is there."""
        return key in self.table

    def get(self, key: str, otherwise: Any = NEEDED) -> Any:
        """Return the value of a key. Raises: InvalidInputError if it is missing and has no other value."""
        self.asked.add(key)
        if key not in self.table:
            if otherwise is NEEDED:
                near = difflib.get_close_matches(key, [str(each) for each in self.table], 1)
                hint = f"; is '{near[0]}' meant to be it?" if near else ""
                raise InvalidInputError(f"{self.where}: '{key}' is missing{hint}")
            return otherwise
        return self.table[key]

    def text(self, key: str, otherwise: Any = NEEDED) -> str:
        """Return a text that is not empty."""
        value = self.get(key, otherwise)
        if not isinstance(value, str) or (not value and otherwise is NEEDED):
            raise InvalidInputError(f"{self.where}: '{key}' has to be a text, got {value!r}")
        return value

    def number(self, key: str, otherwise: Any = NEEDED, least: float = -math.inf) -> float:
        """Return a finite number."""
        return self._number(key, self.get(key, otherwise), least)

    def whole(self, key: str, otherwise: Any = NEEDED, least: int = -MOST_WHOLE) -> int:
        """Return a whole number of 64 bit."""
        value = self.get(key, otherwise)
        if not is_whole_number(value) or value < least:
            bound = "" if least == -MOST_WHOLE else f", {least} or more"
            raise InvalidInputError(f"{self.where}: '{key}' has to be a whole number{bound}, got {value!r:.60}")
        return int(value)

    def flag(self, key: str, otherwise: Any = NEEDED) -> bool:
        """Return true or false."""
        value = self.get(key, otherwise)
        if not isinstance(value, bool):
            raise InvalidInputError(f"{self.where}: '{key}' has to be true or false, got {value!r:.60}")
        return value

    def span(self, key: str, otherwise: Any = NEEDED, least: float = -math.inf) -> tuple[float, float]:
        """Return two numbers in order, or one number twice."""
        value = self.get(key, otherwise)
        pair = value if isinstance(value, list | tuple) else [value, value]
        if len(pair) != 2:
            raise InvalidInputError(f"{self.where}: '{key}' has to be a number or two, got {value!r}")
        low, high = (self._number(key, each, least) for each in pair)
        if low > high:
            raise InvalidInputError(f"{self.where}: '{key}' has to go from low to high, got {low:g} to {high:g}")
        return low, high

    def names(self, key: str, otherwise: Any = NEEDED) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.get(key, otherwise)
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
            raise InvalidInputError(f"{self.where}: '{key}' has to be a list of names, got {value!r}")
        return tuple(value)

    def tables(self, key: str, otherwise: Any = NEEDED) -> list[Any]:
        """Return a list of tables."""
        value = self.get(key, otherwise)
        if not isinstance(value, list):
            raise InvalidInputError(f"{self.where}: '{key}' has to be a list of tables")
        return value

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        unknown = sorted(set(self.table) - self.asked)
        if unknown:
            near = difflib.get_close_matches(unknown[0], sorted(self.asked - set(self.table)), 1)
            hint = f"did you mean '{near[0]}'? There are" if near else "choose of"
            raise InvalidInputError(f"{self.where}: unknown '{unknown[0]}'; {hint} {', '.join(sorted(self.asked))}")

    def _number(self, key: str, value: Any, least: float) -> float:
        if not is_number(value):
            raise InvalidInputError(f"{self.where}: '{key}' has to be a number, got {value!r:.60}")
        if not value >= least:
            raise InvalidInputError(f"{self.where}: '{key}' has to be {least:g} or more, got {value:g}")
        return float(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)
