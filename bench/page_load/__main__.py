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
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.ledger import append_lines, by_run
from bench.page_load.listening import listened_to
from bench.page_load.looking import chromium, first_paint_ms, looked_at
from bench.page_load.process import Town, running_town
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError

LEDGER: Final = Path("bench/results/page_load.jsonl")
WANTED: Final = {"browser_core": 0.25, "bytes_per_s": 20_000.0, "paint_ms": 1_500.0, "server_core": 0.30}
"""The most that is wanted of each figure."""
VIEWS: Final = ("map", "wall")
_PAINTS: Final = 5


def browser_part(given: argparse.Namespace, town: Town) -> dict[str, Any]:
    """Look at the map and at the wall, each for a time; the worse one counts."""
    with chromium() as browser:
        found = {view: looked_at(browser, town, view, given.seconds) for view in VIEWS}
    worst = {name: max(each[name] for each in found.values()) for name in ("core", "bytes_per_s")}
    return {"browser_core": worst["core"], "bytes_per_s": worst["bytes_per_s"], "views": found}


def paint_part(_: argparse.Namespace, town: Town) -> dict[str, Any]:
    """Open the page a few times, each without anything kept; the median counts."""
    with chromium() as browser:
        times_ms = [first_paint_ms(browser, town) for _ in range(_PAINTS)]
    return {"paint_ms": round(statistics.median(times_ms), 1), "times_ms": [round(each, 1) for each in times_ms]}


def server_part(given: argparse.Namespace, town: Town) -> dict[str, Any]:
    """Let many clients listen; what the centre takes with none of them is told beside it."""
    alone = listened_to(replace(town, tokens=()), given.seconds)
    found = listened_to(town, given.seconds)
    return {"server_core": found["core"], "alone_core": alone["core"], "client_bytes_per_s": found["bytes_per_s"]}


PARTS: Final[dict[str, Callable[[argparse.Namespace, Town], dict[str, Any]]]] = {
    "browser": browser_part,
    "paint": paint_part,
    "server": server_part,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 if a figure is over what is wanted, 2 for bad input, 3 if the machine fails."""
    given = _parser().parse_args(arguments)
    try:
        found = _measured(given, given.parts.split(","))
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.page_load: {error}\n")
        return 2 if isinstance(error, InvalidInputError) else 3
    missed = [name for line in found for name in line["missed"]]
    sys.stdout.write(f"over what is wanted: {', '.join(missed) or 'nothing'}\n")
    return int(bool(missed))


def _measured(given: argparse.Namespace, parts: Sequence[str]) -> list[dict[str, Any]]:
    """Measure what the ledger does not have yet, all on one centre, and return the lines of all parts."""
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise InvalidInputError(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    keys = {
        part: f"{given.commit or _commit()}/{part}/{given.junctions}/{given.clients}/{given.seconds:g}"
        for part in parts
    }
    known = by_run(given.ledger)
    with ExitStack() as open_now:
        town = None
        for part, key in keys.items():
            if key not in known:
                town = town or open_now.enter_context(running_town(given.junctions, given.clients))
                found = PARTS[part](given, town)
                known[key] = {"key": key, "part": part, "junctions": given.junctions, **found, "missed": misses(found)}
                append_lines(given.ledger, [known[key]])
            tell(known[key])
    return [known[key] for key in keys.values()]


def tell(line: dict[str, Any]) -> None:
    """Print the figures of a part, each beside what is wanted."""
    for name, most in WANTED.items():
        if name in line:
            sys.stdout.write(f"{name} {line[name]:g}, wanted at most {most:g}: {line[name] / most:.2f} of it\n")
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()


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
