"""Fields of our own JSON files, read back with their types; what is wrong is named with its file and line."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from signal_ctrl.domain.errors import InvalidInputError

T = TypeVar("T")


class WrongTypeError(InvalidInputError):
    """A field holds something else than it should."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


def wrong_type(key: str, value: object) -> WrongTypeError:
    """Return the error that says what a field cannot be."""
    return WrongTypeError(f"'{key}' cannot be {json.dumps(value)[:40]}", key)


def typed(values: Mapping[str, Any], key: str, kind: type[T]) -> T:
    """Return a field of exactly that type. Raises: WrongTypeError, or KeyError if it is not there."""
    value = values[key]
    if type(value) is not kind:
        raise wrong_type(key, value)
    return value


def number(values: Mapping[str, Any], key: str) -> float:
    """Return a number. Raises: as `typed`."""
    value = values[key]
    if type(value) not in (int, float):
        raise wrong_type(key, value)
    return float(value)


def count(values: Mapping[str, Any], key: str) -> int:
    """Return a whole number, 0 or more. Raises: as `typed`."""
    value = typed(values, key, int)
    if value < 0:
        raise wrong_type(key, value)
    return value


def object_of(value: Any) -> dict[str, Any]:
    """Return a JSON object. Raises: InvalidInputError if it is something else."""
    if not isinstance(value, dict):
        raise InvalidInputError("it is no JSON object")
    return value


def text_of(path: Path) -> str:
    """Return the text of a file. Raises: InvalidInputError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is damaged: it is no UTF-8 text") from error


def located(place: str, read: Callable[[], T]) -> T:
    """Return what is read, or say where it is damaged."""
    try:
        return read()
    except json.JSONDecodeError as error:
        line = "" if " line " in place else f" line {error.lineno}"
        raise InvalidInputError(f"{place}{line}: damaged, {error.msg} at column {error.colno}") from error
    except KeyError as error:
        raise InvalidInputError(f"{place}: no {error}") from error
    except (InvalidInputError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"{place}: {error}") from error


def line_of(key: str, text: str) -> int:
    """Return the line on which a key stands first, 1 if there is none."""
    found = re.search(rf'"{re.escape(key)}"\s*:', text)
    return text.count("\n", 0, found.start()) + 1 if found else 1
