"""What the agent of a cabinet wrote of itself last, for people and for checks."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.cabinet_host import STATUS
from signal_ctrl.gateways.whole_file import read_whole

OLD_S: Final = 10.0
"""An agent writes once a second: one that has written nothing for so long does not run. [s]"""


def read_status(folder: Path) -> dict[str, Any]:
    """Return the status of the cabinet in a folder. Raises: InvalidInputError if there is none."""
    if not (folder / STATUS).exists():
        raise InvalidInputError(f"{folder} has no status of a cabinet; name the --data folder of 'cabinet run'")
    document: dict[str, Any] = json.loads(read_whole(folder / STATUS, "status of the cabinet"))
    return document


def status_rows(document: dict[str, Any], now_ms: int) -> list[tuple[str, str]]:
    """Return name and value of what people read; `now_ms`, UTC. [ms]"""
    frames = document["frames"]
    at = dt.datetime.fromtimestamp(document["at_utc_ms"] / 1000, dt.UTC)
    told = {
        "at": f"{at:%Y-%m-%d %H:%M:%S} UTC, {max(now_ms - document['at_utc_ms'], 0) / 1000:,.0f} s ago",
        **{name: value for name, value in document.items() if name not in ("at_utc_ms", "groups", "frames")},
        "frames": f"{frames['made']:,} made, {frames['late']:,} late, longest {frames['longest_ms']:.1f} ms",
    }
    return [(name, _words(value)) for name, value in told.items()]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def check_groups(folder: Path, names: Iterable[str]) -> None:
    """Check that the cabinet in a folder has such groups. Raises: InvalidInputError that names those it has."""
    known = read_status(folder).get("groups", [])
    strange = [name for name in names if name not in known]
    if strange and known:
        raise InvalidInputError(f"the cabinet has no group '{strange[0]}'; it has {', '.join(known)}")
