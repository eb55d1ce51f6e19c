"""JSON documents read strictly: no key twice, no key too many, no number that is none."""

import json
import sys
import tomllib
from collections.abc import Collection
from typing import Any, Final, NoReturn

from signal_ctrl.domain.errors import InvalidInputError

MOST_WHOLE: Final = (1 << 63) - 1
"""What a database and a float can hold of a whole number; nothing here counts so far."""


def read_document(text: str, kind: str, form: str) -> dict[str, Any]:
    """Return the JSON object of a document.

    Args: kind, what it is for people (`site`); form, the value that its key `format` has to have.
    Raises: InvalidInputError if it is none.
    """
    try:
        document = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"not a {kind} document: {why(error)}") from error
    if not isinstance(document, dict) or document.get("format") != form:
        raise InvalidInputError(f"not a {kind} document: 'format' is not '{form}'")
    return document


def why(error: Exception) -> str:
    """Return in words of this project what is wrong with a document that could not be read.

    >>> why(KeyError("name"))
    "'name' is missing"
    """
    if isinstance(error, json.JSONDecodeError):
        return (
            f"line {error.lineno}, column {error.colno} is no JSON; look for a comma, a quote or a bracket too many or "
            "too few"
        )
    if isinstance(error, tomllib.TOMLDecodeError):
        place = str(error).rpartition("(at ")[2].rstrip(")")
        return f"{place} is no TOML; look for a value, a quote or a bracket too few"
    if isinstance(error, RecursionError):
        return "lists or objects are nested too deeply"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if isinstance(error, TypeError | AttributeError):
        return "a value is of another kind (text, number, list, object) than it has to be"
    return "a number has too many digits" if "int_max_str_digits" in str(error) else str(error)


def canonical(document: dict[str, Any]) -> str:
    """Return a document as text: sorted keys, no spaces, ASCII.

    >>> canonical({"b": 1, "a": [2]})
    '{"a":[2],"b":1}'
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def whole(value: Any) -> int:
    """Return a whole number of 64 bit. Raises: ValueError for anything else."""
    if not is_whole_number(value):
        raise ValueError(f"{value!r:.60} is not a whole number")
    return int(value)


def is_whole_number(value: Any) -> bool:
    """Return whether a value is a whole number of 64 bit, neither true nor false.

    >>> is_whole_number(-3), is_whole_number(3.0), is_whole_number(True), is_whole_number(10**19)
    (True, False, False, False)
    """
    return isinstance(value, int) and not isinstance(value, bool) and -MOST_WHOLE <= value <= MOST_WHOLE


def is_number(value: Any) -> bool:
    """Return whether a value is a number that a float can hold: neither true nor false, NaN, infinite or too long.

    >>> is_number(1), is_number(-0.5), is_number(True), is_number(10**400), is_number(float("inf")), is_number("1")
    (True, True, False, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def text_of(value: Any) -> str:
    """Return a text that is not empty. Raises: ValueError for anything else."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a text")
    return value


def items_of(value: Any) -> list[Any]:
    """Return a list. Raises: ValueError for anything else, a text or an object too."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r:.40} is not a list")
    return value


def exactly(item: dict[str, Any], keys: Collection[str]) -> None:
    """Check the keys of an object. Raises: ValueError if one is missing or unknown."""
    if item.keys() != set(keys):
        raise ValueError(f"keys missing or unknown: {', '.join(sorted(item.keys() ^ set(keys)))}")


def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of its pairs; a hook of `json.loads`. Raises: ValueError if a key occurs twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def no_constant(name: str) -> NoReturn:
    """Raises: ValueError for NaN and the infinities; a hook of `json.loads`."""
    raise ValueError(f"{name} is not a number")
