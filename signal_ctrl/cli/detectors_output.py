"""What `detectors check` shows: progress on standard error, and a table of those that are not in order."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import typer

from signal_ctrl.cli.output import number, put_table

_LINE_EVERY_S: Final = 5.0
_DRAW_EVERY_S: Final = 0.1
_ORDER: Final = {"failed": 0, "suspect": 1, "ok": 2}


@contextlib.contextmanager
def working(quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Show what is being done while the block lasts: a bar on a terminal, a line every few seconds elsewhere."""
    if quiet:
        yield lambda _what, _share: None
        return
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as bars:
        task, drawn_s = bars.add_task("", total=1.0), 0.0

        def show(what: str, share: float) -> None:
            nonlocal drawn_s
            if time.monotonic() - drawn_s >= _DRAW_EVERY_S:
                drawn_s = time.monotonic()
                bars.update(task, description=what, completed=share)
                bars.refresh()

        yield show


def _lines() -> Callable[[str, float], None]:
    said_s = time.monotonic()

    def say(what: str, share: float) -> None:
        nonlocal said_s
        if time.monotonic() - said_s >= _LINE_EVERY_S:
            said_s = time.monotonic()
            typer.echo(f"{what}: {100 * share:.0f} %", err=True)

    return say


def put_verdicts(document: dict[str, Any], show_all: bool) -> None:
    """Print the verdicts, the worst first; those in order only if wished."""
    rows = sorted(document["detectors"], key=lambda row: (_ORDER[row["state"]], row["good_share"]))
    shown = [row for row in rows if show_all or row["state"] != "ok" or row["changes"]]
    typer.echo(
        f"{document['log']}, {document['kind']}, {document['from']} to {document['to']}: "
        f"{document['failed']} failed, {document['suspect']} suspect, {document['ok']} ok"
    )
    if shown:
        header = ("device", "detector", "state", "why", "since", "found", "good", "counted")
        put_table(header, [_cells(row) for row in shown], numbers_from=6)
    if document["bad_days"]:
        typer.echo(f"{document['bad_days']} detectors were good for less than 75 % of a day")
    if document["repaired_pairs"]:
        typer.echo(f"{document['repaired_pairs']} pairs of on and off were repaired")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    last = next((c for c in reversed(row["changes"]) if c["fault"] is not None), None)
    was = f"was {last['state']}: {last['reason']}" if last is not None and row["state"] == "ok" else row["reason"]
    told = row if row["state"] != "ok" or last is None else last
    return (
        *(row["device"], row["detector"], row["state"], was, told["since"] or "–", told["found"] or "–"),
        *(f"{100 * row['good_share']:.0f} %", number(row["counted_veh"], 0)),
    )
