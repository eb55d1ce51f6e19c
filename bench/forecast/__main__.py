"""How much better the forecast is than the best naive one: `python -m bench.forecast`.

Towns of several seeds, sizes of day-to-day variation and sizes of traffic; 14 weeks each, of which 8 are to learn from.
A case that the ledger holds under the same code is not computed again, so an interrupted campaign goes on.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.forecast.series_of_town import rates_of, series_of
from bench.forecast.town import TownRules, make_town
from bench.ledger import append_lines
from detectors.forecast.backtest import CHOSEN, backtest
from detectors.forecast.report import report_of
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError

LEDGER: Final = Path("bench/results/forecast.jsonl")
WEEKS: Final = 14
TRAIN_WEEKS: Final = 8
SHORT_WEEKS: Final = 5
SHORT_TRAIN_WEEKS: Final = 4
GAIN: Final = 0.15
COVERED: Final = (0.87, 0.93)
_AHEAD_MIN: Final = 15
_SOURCES: Final = ("detectors/forecast", "bench/forecast")
_NOT_USED: Final = ("live.py", "__main__.py")


def code() -> str:
    """Return a hash of the code that a case depends on."""
    root, found = Path(__file__).resolve().parents[2], hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((root / folder).glob("*.py")):
            if path.name not in _NOT_USED:
                found.update(path.read_bytes())
    return found.hexdigest()[:16]


def case(rules: TownRules, n_train: int) -> dict[str, Any]:
    """Return what one town came to, 15 min and an hour ahead."""
    town, began_s = make_town(rules), time.perf_counter()
    report = report_of(backtest(series_of(town), n_train), rates_of(town))
    by_min = {ahead["ahead_min"]: ahead for ahead in report["ahead"]}
    near, far = by_min[_AHEAD_MIN], report["ahead"][-1]
    best = near["scores"][near["best_naive"]]["mae_veh"]
    return {
        "model": report["choices"][0]["model"],
        "mae_veh": near["scores"][CHOSEN]["mae_veh"],
        "best_naive": near["best_naive"],
        "best_naive_mae_veh": best,
        "floor_veh": near["floor_veh"],
        "most_gain": 1.0 - near["floor_veh"] / best,
        **{key: near["against_best_naive"][key] for key in ("gain", "low", "high", "p")},
        "models": near["models_against_best_naive"],
        "best_untuned": near["best_untuned"],
        "gain_untuned": near["against_best_untuned"]["gain"],
        "p_untuned": near["against_best_untuned"]["p"],
        "coverage": near["scores"][CHOSEN]["coverage"],
        "gain_60": far["against_best_naive"]["gain"],
        "coverage_60": far["scores"][CHOSEN]["coverage"],
        "geh_below_5": near["scores"][CHOSEN]["geh_below_5"],
        "wape": near["scores"][CHOSEN]["wape"],
        "seconds": round(time.perf_counter() - began_s, 1),
    }


def key_of(rules: TownRules) -> str:
    """Return the name of a case."""
    return f"v{rules.variation:g}-x{rules.size:g}-i{rules.interval_s // 60}-w{rules.weeks}-s{rules.seed}"


def campaign(cases: list[TownRules], n_train: int, ledger: Path | None) -> Iterator[dict[str, Any]]:
    """Yield the row of each case, from the ledger where it is there; append it where it is not.

    Raises: InvalidInputError for a ledger that is damaged, BackendError for one that cannot be written.
    """
    known = {} if ledger is None or not ledger.exists() else _rows(ledger)
    now = code()
    for rules in cases:
        row = known.get((key_of(rules), now))
        if row is None:
            row = {"key": key_of(rules), "code": now, "variation": rules.variation, "size": rules.size}
            row |= {"seed": rules.seed, "interval_min": rules.interval_s // 60, **case(rules, n_train)}
            if ledger is not None:
                append_lines(ledger, [row])
        yield row


def _rows(ledger: Path) -> dict[tuple[str, str], dict[str, Any]]:
    try:
        rows = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
        return {(row["key"], row["code"]): row for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(f"the ledger {ledger} is damaged: {error}") from error


def main() -> int:
    """Compute all cases and print a row each; 1 if the gain or the coverage is not what it should be."""
    parser = argparse.ArgumentParser(prog="python -m bench.forecast", description=__doc__)
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--variations", default="0.5,1,2", help="sizes of day-to-day variation; 1 is usual")
    parser.add_argument("--sizes", default="1,3", help="factors on all traffic")
    parser.add_argument("--intervals", default="15", help="5 or 15 min")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    parser.add_argument("--short", action="store_true", help="5 weeks, one case, no ledger")
    asked = parser.parse_args()
    try:
        cases = _cases(asked)
        weeks = SHORT_TRAIN_WEEKS if asked.short else TRAIN_WEEKS
        rows = []
        for row in campaign(cases, 7 * weeks, None if asked.short else asked.ledger):
            rows.append(row)
            _put(row)
    except SignalCtrlError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return _verdict(rows)


def _cases(asked: argparse.Namespace) -> list[TownRules]:
    def numbers(text: str) -> list[float]:
        try:
            return [float(part) for part in text.split(",")]
        except ValueError as error:
            raise InvalidInputError(f"'{text}' is no list of numbers; write them with commas between") from error

    if asked.short:
        return [TownRules(1, SHORT_WEEKS)]
    return [
        TownRules(int(seed), WEEKS, int(60 * interval), variation, size=size)
        for size in numbers(asked.sizes)
        for variation in numbers(asked.variations)
        for interval in numbers(asked.intervals)
        for seed in numbers(asked.seeds)
    ]


def _put(row: dict[str, Any]) -> None:
    sys.stdout.write(
        f"{row['key']:<20} MAE {row['mae_veh']:6.2f}, floor {row['floor_veh']:6.2f}, {row['best_naive']} "
        f"{row['best_naive_mae_veh']:6.2f}: {row['gain']:6.1%} better ({row['low']:.1%} to {row['high']:.1%}, "
        f"p {row['p']:.2g}; at most {row['most_gain']:.1%}), than {row['best_untuned']} {row['gain_untuned']:.1%}; "
        f"covered {row['coverage']:.1%}; {row['model']}\n"
    )
    sys.stdout.flush()


def _verdict(rows: list[dict[str, Any]]) -> int:
    """Print means by size of variation and traffic; return 1 if one of them is not what it should be."""
    failed = False
    for variation, size in dict.fromkeys((row["variation"], row["size"]) for row in rows):
        own = [row for row in rows if (row["variation"], row["size"]) == (variation, size)]
        gain, most, untuned, covered = (
            sum(row[key] for row in own) / len(own) for key in ("gain", "most_gain", "gain_untuned", "coverage")
        )
        good = gain >= GAIN and COVERED[0] <= covered <= COVERED[1]
        failed |= not good
        sys.stdout.write(
            f"variation {variation:g}, traffic x{size:g}: {gain:.1%} better than the best naive forecast (who knows "
            f"the rates: {most:.1%}), {untuned:.1%} than the best untuned; covered {covered:.1%}: "
            f"{'reached' if good else 'not reached'}\n"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
