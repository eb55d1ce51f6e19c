"""Values of an experiment's axes: `1-5,8`, `0,0.2`, `A,B` as flags give them, or lists and numbers of a TOML file."""

import math
import re
from dataclasses import dataclass
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.controllers import settings_of

_RANGE: Final = re.compile(r"(\d+)-(\d+)")
_LONGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Setting:
    """A `--set`: of one controller, or (empty) of every one that knows the key."""

    controller: str
    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.controller}:{self.key}={self.value}" if self.controller else f"{self.key}={self.value}"

    def fits(self, controller: str) -> bool:
        """Tell whether a controller takes the setting; one that is meant by name is not asked, but told."""
        if self.controller:
            return self.controller == controller
        try:
            settings_of(controller, [(self.key, self.value)])
        except InvalidInputError as error:
            return "unknown setting" not in str(error)
        return True


def words(name: str, value: Any) -> tuple[str, ...]:
    """Return words of `A,B` or of a list. Raises: InvalidInputError for anything else."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise InvalidInputError(f"{name} wants words, got {value!r}")
    return tuple(dict.fromkeys(item.strip() for item in items if item.strip()))


def integers(name: str, value: Any) -> tuple[int, ...]:
    """Return whole numbers of `1-5,8`, of a number or of a list of both.

    Raises: InvalidInputError for anything else.
    >>> integers("seeds", "1-3,8")
    (1, 2, 3, 8)
    """
    found: list[int] = []
    for item in _items(value):
        span = _RANGE.fullmatch(str(item).strip())
        if span is not None:
            first, last = int(span[1]), int(span[2])
            if not first <= last < first + _LONGEST:
                raise InvalidInputError(f"{name}: {item} is no range of at most {_LONGEST:,} numbers")
            found += range(first, last + 1)
        else:
            found.append(_whole(name, item))
    return tuple(dict.fromkeys(found))


def numbers(name: str, value: Any) -> tuple[float, ...]:
    """Return numbers of `0.6,1`, of a number or of a list. Raises: InvalidInputError for anything else."""
    found = (number(name, item) for item in _items(value))
    return tuple(dict.fromkeys(item for item in found if item is not None))


def number(name: str, value: Any) -> float | None:
    """Return a number, or None for None. Raises: InvalidInputError for anything else."""
    if value is None:
        return None
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{name} wants a number, got {value!r}") from error
    if not math.isfinite(found):
        raise InvalidInputError(f"{name} wants a number, got {value!r}")
    return found


def truth(name: str, value: Any) -> bool:
    """Return true or false. Raises: InvalidInputError for anything else."""
    if not isinstance(value, bool):
        raise InvalidInputError(f"{name} wants true or false, got {value!r}")
    return value


def settings(name: str, value: Any) -> tuple[Setting, ...]:
    """Return settings of `[controller:]key=value` texts, or of a table of keys, or of tables by controller.

    Raises: InvalidInputError for anything else.
    >>> [str(s) for s in settings("set", ["adaptive:horizon_s=30"])], [str(s) for s in settings("set", {"slot_s": 5})]
    (['adaptive:horizon_s=30'], ['slot_s=5'])
    """
    if isinstance(value, dict):
        return tuple(_of_table(name, value))
    if not isinstance(value, list | tuple):
        raise InvalidInputError(f"{name} wants a table of settings, got {value!r}")
    return tuple(_of_text(str(text)) for text in value)


def _of_table(name: str, table: dict[str, Any]) -> list[Setting]:
    found = []
    for key, value in table.items():
        rows = value.items() if isinstance(value, dict) else [(key, value)]
        for inner, each in rows:
            if isinstance(each, bool) or not isinstance(each, str | int | float):
                raise InvalidInputError(f"{name}: {inner} wants a number or a word, got {each!r}")
            found.append(Setting(key if isinstance(value, dict) else "", inner, str(each)))
    return found


def _of_text(text: str) -> Setting:
    left, equals, value = text.partition("=")
    controller, colon, key = left.rpartition(":")
    if not equals or not key.strip() or (colon and not controller.strip()):
        raise InvalidInputError(f"--set wants [controller:]key=value, got '{text}'")
    return Setting(controller.strip(), key.strip(), value.strip())


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [item for item in value.split(",") if item.strip()]
    return list(value) if isinstance(value, list | tuple) else [value]


def _whole(name: str, item: Any) -> int:
    try:
        found = int(item) if not isinstance(item, bool) else None
    except (TypeError, ValueError):
        found = None
    if found is None or (isinstance(item, float) and item != found):
        raise InvalidInputError(f"{name} wants whole numbers such as 1-5 or 1,4, got {item!r}")
    return found
