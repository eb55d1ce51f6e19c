"""Errors of the travel times of roads against the truth of simulated runs: `python -m bench.road_state`.

Loops on half of the roads, 5 % of the vehicles report every 10 s. Each trial is a day judged after so many days of
history. Recordings are kept in --feeds, lines in the ledger: interrupted, the same command goes on.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.ledger import append_lines, check_ledger, lines_of
from bench.road_state.trial import Trial, code, judge, record
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError
from sumo_scenarios.supervise import Progress

LEDGER: Final = Path("bench/results/road_state.jsonl")
SENSED: Final = 0.15
UNSENSED: Final = 0.25
JUDGED: Final = "5_min"
SHORT_S: Final = 27_000.0


def main() -> int:
    """Make the trials and print what they came to; 1 if a figure is not reached on the mean of the last history."""
    parser = argparse.ArgumentParser(prog="python -m bench.road_state", description=__doc__)
    parser.add_argument("--scenarios", default="corridor,ingolstadt21")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--history", default="0,1,2", help="days of history before the day that is judged")
    parser.add_argument("--controller", default="net")
    parser.add_argument("--wrong", type=float, default=0.0, help="share of lost, misdated, stray, repeated positions")
    parser.add_argument("--feeds", type=Path, help="folder in which recordings are kept")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    parser.add_argument("--short", action="store_true", help="cologne3 until 07:30, one seed, one day of history")
    asked = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="signal-ctrl-feeds-") as scratch:
            rows = campaign(_trials(asked), asked.feeds or Path(scratch), None if asked.short else asked.ledger)
    except SignalCtrlError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return _verdict(rows)


def campaign(trials: list[Trial], feeds: Path, ledger: Path | None) -> list[dict[str, Any]]:
    """Return the lines of trials, from the ledger where they are there; append those that are not.

    All that is missing is recorded first: what reads recordings has threads, and a simulation is a fork.
    """
    now, known = code(), {}
    if ledger is not None:
        check_ledger(ledger)
        known = {(line["code"], line["key"]): line for _, line in lines_of(ledger)}
    missing = [trial for trial in trials if (now, trial.key) not in known]
    for trial in missing:
        record(trial, feeds, _told)
    for trial in missing:
        line = {"key": trial.key, "code": now, "scenario": trial.scenario, "seed": trial.seed}
        line |= {"history": trial.history, **judge(trial, feeds)}
        if ledger is not None:
            append_lines(ledger, [line])
        known[now, trial.key] = line
    return [known[now, trial.key] for trial in trials]


def _told(name: str, progress: Progress) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{name}: {progress.time_s:.0f} s ")


def _trials(asked: argparse.Namespace) -> list[Trial]:
    if asked.short:
        return [Trial("cologne3", 1, 1, until_s=SHORT_S)]
    try:
        seeds, histories = ([int(part) for part in text.split(",")] for text in (asked.seeds, asked.history))
    except ValueError as error:
        raise InvalidInputError("--seeds and --history are numbers with commas between") from error
    return [
        Trial(scenario, seed, history, asked.controller, asked.wrong)
        for scenario in asked.scenarios.split(",")
        for history in histories
        for seed in seeds
    ]


def _verdict(rows: list[dict[str, Any]]) -> int:
    """Print means over seeds, by scenario and history; return 1 if the last history does not reach the figures."""
    failed = False
    for scenario in dict.fromkeys(row["scenario"] for row in rows):
        histories = sorted({row["history"] for row in rows if row["scenario"] == scenario})
        for history in histories:
            own = [row for row in rows if (row["scenario"], row["history"]) == (scenario, history)]
            sys.stdout.write(f"{scenario}, {history} days of history, {len(own)} seeds\n")
            for name in own[0]["errors"]:
                sys.stdout.write(_line(own, name))
            for group in ("loops", "no_loops"):
                inside = [_mean(own, ("coverage", group, share)) for share in ("inside_80", "inside_95")]
                sys.stdout.write(f"  {group}: {inside[0]:.1%} inside 80 %, {inside[1]:.1%} inside 95 %\n")
        sensed, unsensed = (
            _mean(own, ("errors", "estimate", group, JUDGED, "mape")) for group in ("loops", "no_loops")
        )
        reached = sensed <= SENSED and unsensed <= UNSENSED
        failed |= not reached
        sys.stdout.write(f"  {JUDGED}: {sensed:.1%} and {unsensed:.1%}: {'reached' if reached else 'not reached'}\n")
    return int(failed)


def _line(own: list[dict[str, Any]], name: str) -> str:
    parts = []
    for group in ("loops", "no_loops"):
        cells = [
            "/".join(f"{100 * _mean(own, ('errors', name, group, span, kind)):.1f}" for kind in _KINDS)
            for span in ("1_min", "5_min", "15_min")
        ]
        parts.append(f"{group} {'  '.join(cells)}")
    return f"  {name:<16} {'   '.join(parts)}\n"


_KINDS: Final = ("mape", "mape_by_vehicles", "wape")


def _mean(rows: list[dict[str, Any]], path: tuple[str, ...]) -> float:
    values = []
    for row in rows:
        value: Any = row
        for key in path:
            value = value[key]
        values.append(float(value))
    return sum(values) / len(values)


if __name__ == "__main__":
    sys.exit(main())
