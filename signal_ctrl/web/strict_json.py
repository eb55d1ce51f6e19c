"""JSON of strangers, read strictly: bounded depth, keys and numbers, no NaN, no key twice."""

import json
from collections.abc import Iterator
from typing import Any, Final

from signal_ctrl.domain.documents import MOST_WHOLE, no_constant, why
from signal_ctrl.domain.errors import InvalidInputError

MAX_DEPTH: Final = 32
MAX_KEYS: Final = 10_000
MAX_DIGITS: Final = 400
LEAST_WHOLE: Final = -MOST_WHOLE - 1


def read_json(body: bytes) -> Any:
    """Return the value that a body holds.

    Raises: InvalidInputError if it is no JSON in UTF-8, or breaks a bound.
    """
    try:
        text = body.decode("utf-8")
        _check_depth(text)
        value = json.loads(
            text,
            object_pairs_hook=_Counter().take,
            parse_int=_whole,
            parse_float=_float,
            parse_constant=no_constant,
        )
        if "\\u" in text:
            _check_texts(value)
        return value
    except UnicodeDecodeError as error:
        raise InvalidInputError("the body is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"the body cannot be read: {why(error)}") from error


def text_of(body: bytes, what: str) -> str:
    """Return the text of a document that is read elsewhere. Raises: InvalidInputError, naming what it is of."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{what} is not UTF-8") from error


class _Counter:
    """Counts keys over a whole document."""

    def __init__(self) -> None:
        self.keys = 0

    def take(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self.keys += len(pairs)
        if self.keys > MAX_KEYS:
            raise ValueError(f"it has more than {MAX_KEYS} keys")
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key occurs twice")
        return found


def _check_depth(text: str) -> None:
    """Look at brackets outside of texts, before anything is built."""
    depth = 0
    for character in _outside_texts(text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
        elif character in "]}":
            depth -= 1


def _outside_texts(text: str) -> Iterator[str]:
    parts = text.replace("\\\\", "").replace('\\"', "").split('"')
    for part in parts[::2]:
        yield from part


def _check_texts(value: Any) -> None:
    """Refuse what only an escape can bring in and no database or file takes: half a pair of UTF-16, and NUL."""
    written = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in written.replace("\\\\", "") or any("\ud800" <= each <= "\udfff" for each in written):
        raise ValueError("a text holds a character that is none")


def _whole(digits: str) -> int:
    if len(digits) > len(str(LEAST_WHOLE)) or not LEAST_WHOLE <= int(digits) <= MOST_WHOLE:
        raise ValueError("a whole number does not fit 64 bits")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits) if len(digits) <= MAX_DIGITS else float("inf")
    if abs(number) == float("inf"):
        raise ValueError("a number does not fit 64 bits")
    return number
