"""Options of the command line that are more than a word or a number."""

import re
from typing import TYPE_CHECKING, Final

from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from sumo_scenarios.settings import Closure

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


def parse_closure(text: str) -> "Closure":
    """Return the closure of `LANE_OR_EDGE[@FROM-TO]`, times in simulation seconds.

    Raises: InvalidInputError for another form.
    >>> parse_closure("-4936412_0@25500-26100")
    Closure(place='-4936412_0', from_s=25500.0, to_s=26100.0)
    """
    from sumo_scenarios.settings import Closure

    place, at, span = text.rpartition("@")
    if not at:
        return Closure(text)
    found = _SPAN.fullmatch(span)
    if found is None:
        raise InvalidInputError(f"--close wants LANE_OR_EDGE[@FROM-TO] with times in seconds, got '{text}'")
    return Closure(place, float(found[1]), float(found[2]))


def parse_setting(text: str) -> tuple[str, str]:
    """Return key and value of `key=value`.

    Raises: InvalidInputError for another form.
    >>> parse_setting("horizon_s=30")
    ('horizon_s', '30')
    """
    key, equals, value = text.partition("=")
    if not key.strip() or not equals:
        raise InvalidInputError(f"--set wants key=value, got '{text}'")
    return key.strip(), value.strip()
