"""What `detectors listen` and `detectors replay` show: a table while it runs, and at the end, or one JSON document."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table

if TYPE_CHECKING:
    from detectors.live.judges import LoopStanding
    from detectors.live.stream import SourceReport
    from signal_ctrl.gateways.live_session import LiveSession

HEADER: Final = (
    "source", "messages", "events", "1/s", "lag s", "clock s", "ppm",
    "gaps", "missing", "known", "late", "refused", "alarms",
)  # fmt: skip
MOST_SHOWN: Final = 40
DRAW_EVERY_S: Final = 1.0
LINE_EVERY_S: Final = 10.0

Show = Callable[["LiveSession", float, float], None]
"""Session, its time, seconds since the begin. [s]"""


@contextlib.contextmanager
def live_table(quiet: bool) -> Iterator[Show]:
    """Yield what is to be called every now and then: a table on a terminal, a line elsewhere, nothing for programs."""
    if quiet:
        yield lambda _session, _now_s, _since_s: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(stderr=True), auto_refresh=False) as live:
            yield _Drawn(live)
    else:
        yield _Lines()


class _Drawn:
    def __init__(self, live: Any) -> None:
        self._live, self._drawn_s = live, -1e9

    def __call__(self, session: "LiveSession", now_s: float, since_s: float) -> None:
        if since_s - self._drawn_s < DRAW_EVERY_S:
            return
        from rich.table import Table

        self._drawn_s = since_s
        table = Table(*HEADER)
        for row in rows_of(session.stream.report(now_s), since_s):
            table.add_row(*row)
        self._live.update(table, refresh=True)


class _Lines:
    def __init__(self) -> None:
        self._said_s = 0.0

    def __call__(self, session: "LiveSession", now_s: float, since_s: float) -> None:
        if since_s - self._said_s < LINE_EVERY_S:
            return
        self._said_s = since_s
        reports = session.stream.report(now_s)
        troubled = sum(1 for report in reports if report.alarms)
        say(f"{since_s:.0f} s: {len(reports)} sources, {session.events} events, {troubled} sources with alarms")


def rows_of(reports: "Sequence[SourceReport]", since_s: float) -> list[tuple[str, ...]]:
    """Return the rows of the table: the sources with alarms first, no more than fit. [s]"""
    ordered = sorted(reports, key=lambda report: (not report.alarms, report.name))
    return [
        (
            one.name,
            str(one.messages),
            str(one.events),
            number(one.events / max(since_s, 1e-3)),
            number(one.lag_s, 2),
            f"{round(one.clock_offset_s, 2) + 0.0:+.2f}",
            number(None if one.drift_ppm is None else round(one.drift_ppm) + 0.0, 0),
            str(one.gaps),
            str(one.missing_messages),
            str(one.duplicates),
            str(one.late),
            str(sum(one.refused.values())),
            ", ".join(one.alarms) or "–",
        )
        for one in ordered[:MOST_SHOWN]
    ]


def put_end(
    session: "LiveSession", now_s: float, since_s: float, left_out: tuple[str, ...], more: dict[str, Any], as_json: bool
) -> None:
    """Print how it ended. Args: now_s, of the session; since_s, how long it lasted [s]; more, of the command."""
    reports = session.stream.report(now_s)
    standings = session.judge.standings() if session.judge is not None else ()
    if as_json:
        put_json(
            {
                "seconds": round(since_s, 3),
                "events": session.events,
                "bins": session.bins,
                "sources": [{**asdict(one), "missing": [list(pair) for pair in one.missing]} for one in reports],
                "loops": [{**asdict(one), "state": one.state.value} for one in standings],
                "left_out": list(left_out),
                "hastened": session.stream.hastened,
                "unnamed": session.stream.unnamed,
                **more,
            }
        )
        return
    if reports:
        put_table(HEADER, rows_of(reports, since_s))
    if len(reports) > MOST_SHOWN:
        typer.echo(f"and {len(reports) - MOST_SHOWN} more sources")
    _tell_refused(reports)
    _tell_loops(standings, left_out)
    files = ", ".join(f"{file.path} ({file.rows} lines)" for file in session.outputs.files())
    typer.echo(
        f"{session.events} events of {len(reports)} sources in {since_s:.1f} s" + (f"; {files}" if files else "")
    )


def _tell_refused(reports: "Sequence[SourceReport]") -> None:
    for one in reports:
        if one.refused:
            typer.echo(f"{one.name} refused: " + ", ".join(f"{why} {n}" for why, n in one.refused.items()))


def _tell_loops(standings: "Sequence[LoopStanding]", left_out: tuple[str, ...]) -> None:
    bad = [one for one in standings if one.state.value != "ok"]
    if standings:
        typer.echo(f"loops: {len(standings)} judged, {len(bad)} not ok")
        for words in left_out:
            typer.echo(f"  not checked: {words}")
    if bad:
        put_table(
            ("loop", "state", "since s", "why"),
            [(one.loop_id, one.state.value, number(one.since_s), one.why or "–") for one in bad],
            numbers_from=9,
        )
