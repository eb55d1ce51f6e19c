"""Cells of tables that people open in a spreadsheet: a text there must not become a formula."""

from collections.abc import Iterable
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cells(values: Iterable[Any]) -> list[str]:
    """Return a row in which no text is taken for a formula.

    >>> safe_cells([-1, "=1+1", "north", None])
    ['-1', "'=1+1", 'north', '']
    """
    return [_safe(value) for value in values]


def _safe(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
