"""What is asked for on the command line, as the centre takes it: scopes, stops of a convoy, instants."""

import datetime as dt
import re
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError

_STOP: Final = re.compile(r"([^=@]+)=([^@]+)@([0-9]+)")


def scope_of(cabinets: list[str], corridor: str, district: str) -> dict[str, Any]:
    """Return a scope. Raises: InvalidInputError unless one kind of places is named.

    >>> scope_of([], "ring", "")
    {'kind': 'corridor', 'names': ['ring']}
    """
    given = [
        ("junction" if len(cabinets) == 1 else "list", cabinets),
        ("corridor", [corridor] if corridor else []),
        ("district", [district] if district else []),
    ]
    named = [(kind, names) for kind, names in given if names]
    if len(named) != 1:
        raise InvalidInputError("name the places: --at CABINET (also several times), --corridor or --district")
    return {"kind": named[0][0], "names": named[0][1]}


def stop_of(text: str) -> dict[str, Any]:
    """Return where a convoy passes. Raises: InvalidInputError.

    >>> stop_of("j1=main@45")
    {'cabinet': 'j1', 'stage': 'main', 'arrival_s': 45}
    """
    found = _STOP.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"'{text}' is no stop of a route: write CABINET=STAGE@SECONDS, as j1=main@45")
    return {"cabinet": found[1], "stage": found[2], "arrival_s": int(found[3])}


def utc_ms_of(text: str) -> int:
    """Return an instant. [ms] Raises: InvalidInputError without an offset from UTC.

    >>> utc_ms_of("1970-01-01T01:00+01:00")
    0
    """
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"'{text}' is no instant: write it as 2026-03-29T01:00Z") from error
    if at.tzinfo is None:
        raise InvalidInputError(f"'{text}' has no offset: write it as 2026-03-29T01:00Z")
    return round(at.timestamp() * 1000)
