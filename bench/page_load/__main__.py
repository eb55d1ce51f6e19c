"""`python -m bench.page_load`: what the page costs with 500 junctions that all change once a second.

Four figures, each against what is wanted: the browser's share of one core (renderer and GPU processes), bytes a second
of one client, the time until streets, junctions and their list are there, and the centre's share of one core with 200
clients of the stream. Shares are processor time over the wall's, so that other work on the machine counts little; times
are the machine's as it is. A part that the ledger has of this commit is not measured again.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from bench.ledger import append_lines, lines_of
from bench.page_load.listening import listened_to
from bench.page_load.looking import chromium, first_paint_ms, looked_at
from bench.page_load.process import running_town
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError

LEDGER: Final = Path("bench/results/page_load.jsonl")
WANTED: Final = {"browser_core": 0.25, "bytes_per_s": 20_000.0, "paint_ms": 1_500.0, "server_core": 0.30}
"""The most that is wanted of each figure."""
VIEWS: Final = ("map", "wall")
_PAINTS: Final = 5


def browser_part(given: argparse.Namespace) -> dict[str, Any]:
    """Look at the map and at the wall, each for a time; the worse one counts."""
    with running_town(given.junctions) as town, chromium() as browser:
        found = {view: looked_at(browser, town, view, given.seconds) for view in VIEWS}
    worst = {name: max(each[name] for each in found.values()) for name in ("core", "bytes_per_s")}
    return {"browser_core": worst["core"], "bytes_per_s": worst["bytes_per_s"], "views": found}


def paint_part(given: argparse.Namespace) -> dict[str, Any]:
    """Open the page a few times, each without anything kept; the median counts."""
    with running_town(given.junctions) as town, chromium() as browser:
        times_ms = [first_paint_ms(browser, town) for _ in range(_PAINTS)]
    return {"paint_ms": round(statistics.median(times_ms), 1), "times_ms": [round(each, 1) for each in times_ms]}


def server_part(given: argparse.Namespace) -> dict[str, Any]:
    """Let many clients listen; what the centre takes with none of them is told beside it."""
    with running_town(given.junctions) as town:
        alone = listened_to(town, given.seconds)
    with running_town(given.junctions, given.clients) as town:
        found = listened_to(town, given.seconds)
    return {"server_core": found["core"], "alone_core": alone["core"], "client_bytes_per_s": found["bytes_per_s"]}


PARTS: Final[dict[str, Callable[[argparse.Namespace], dict[str, Any]]]] = {
    "browser": browser_part,
    "paint": paint_part,
    "server": server_part,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 if a figure is over what is wanted, 2 for bad input, 3 if the machine fails."""
    given = _parser().parse_args(arguments)
    try:
        found = [line for part in given.parts.split(",") for line in [_measured(part, given)]]
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.page_load: {error}\n")
        return 2 if isinstance(error, InvalidInputError) else 3
    missed = [name for line in found for name in line["missed"]]
    sys.stdout.write(f"over what is wanted: {', '.join(missed) or 'nothing'}\n")
    return int(bool(missed))


def _measured(part: str, given: argparse.Namespace) -> dict[str, Any]:
    if part not in PARTS:
        raise InvalidInputError(f"there is no part {part}; there are {', '.join(PARTS)}")
    key = f"{given.commit or _commit()}/{part}/{given.junctions}/{given.clients}/{given.seconds:g}"
    known = {line["key"]: line for _, line in lines_of(given.ledger)} if given.ledger and given.ledger.exists() else {}
    line = known.get(key)
    if line is None:
        found = PARTS[part](given)
        line = {"key": key, "part": part, "junctions": given.junctions, **found, "missed": misses(found)}
        if given.ledger is not None:
            append_lines(given.ledger, [line])
    for name, most in WANTED.items():
        if name in line:
            sys.stdout.write(f"{name} {line[name]:g}, wanted at most {most:g}: {line[name] / most:.2f} of it\n")
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()
    return line


def misses(found: dict[str, Any]) -> list[str]:
    """Return the names of figures that are over what is wanted."""
    return [name for name, most in WANTED.items() if name in found and not found[name] <= most]


def _commit() -> str:
    said = subprocess.run(("git", "rev-parse", "--short", "HEAD"), capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.page_load", description=__doc__)
    parser.add_argument("--junctions", type=int, default=500, help="how many (%(default)s)")
    parser.add_argument("--clients", type=int, default=200, help="of the stream, in the part 'server' (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each is measured (%(default)s)")
    parser.add_argument("--parts", default=",".join(PARTS), help="what is measured, with commas (%(default)s)")
    parser.add_argument("--commit", default="", help="name of what is measured; default: the commit of this folder")
    parser.add_argument("--ledger", type=Path, default=LEDGER, help="where results are appended (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
