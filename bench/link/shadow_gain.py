"""Expected gain against measured gain: `python -m bench.link.shadow_gain cologne1:1 cologne1:2 cologne3:1`.

Each SCENARIO:SEED is run twice over HTTP on the same demand and drivers: under its fixed plan with adaptive control as
an adviser, and with adaptive control switched on over the plan. What the shadow report expects stands beside what came.
A pair that the ledger holds is not run again.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench.ledger import append_lines, known_lines
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError
from sumo_scenarios.link_conditions import LinkConditions
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings

LEDGER: Final = Path(__file__).parents[1] / "results" / "shadow_gain.jsonl"
ENGINE: Final = "shadow-gain 1"
_S_PER_H: Final = 3600.0


def pair(scenario: str, seed: int, end_s: float | None, folder: Path) -> dict[str, Any]:
    """Return one line of the ledger: expected and measured gain of a scenario and a seed."""
    settings = RunSettings(scenario, "fixed", seed, end_s=end_s, link=LinkConditions(), advise="shadow")
    under_plan = _run(settings, folder / "shadow")
    switched_on = _run(replace(settings, advise="adaptive"), folder / "adaptive")
    key = f"{scenario}:{seed}" + ("" if end_s is None else f":{end_s:g}")
    return {"key": key, "engine": ENGINE, **compared(under_plan, switched_on)}


Made = tuple[dict[str, Any], dict[str, Any]]
"""Of a run: `result.json` and `link.json`."""


def compared(under_plan: Made, switched_on: Made) -> dict[str, Any]:
    """Return expected and measured gain of two runs that differ by who decides."""
    (plan, shadow), (adaptive, driven) = under_plan, switched_on
    reports = shadow["centre"]["shadow"].values()
    vehicles = plan["vehicles"]["total"]
    saved_s = plan["delay_s_per_vehicle"] - adaptive["delay_s_per_vehicle"]
    hours = (plan["end_s"] - plan["begin_s"]) / _S_PER_H
    return {
        "plan_delay_s": plan["delay_s_per_vehicle"],
        "adaptive_delay_s": adaptive["delay_s_per_vehicle"],
        "measured_veh_h_per_h": round(saved_s * vehicles / _S_PER_H / hours, 3),
        "expected_veh_h_per_h": _total(report["gain_veh_h_per_h"] for report in reports),
        "expected_low": _total(report["ci95_veh_h_per_h"] and report["ci95_veh_h_per_h"][0] for report in reports),
        "expected_high": _total(report["ci95_veh_h_per_h"] and report["ci95_veh_h_per_h"][1] for report in reports),
        "decisions": sum(report["decisions"] for report in reports),
        "differing": sum(report["differing"] for report in reports),
        "cabinets": len(driven["decides"]),
        "driven": sum(who == "adaptive control" for who in driven["decides"].values()),
        "violations": plan["kernel"]["violations"] + adaptive["kernel"]["violations"],
    }


def _run(settings: RunSettings, out: Path) -> Made:
    result = execute(settings, out, False, lambda _: None)
    if result.status != "complete":
        raise SignalCtrlError(f"the run {result.status}: {result.error}")
    return result.document, json.loads((result.folder / "link.json").read_text(encoding="utf-8"))


def _total(values: Any) -> float | None:
    """Return the sum, None if one is not known. Intervals are added as if all cabinets were wrong together."""
    known = list(values)
    return None if any(value is None for value in known) else round(sum(known), 3)


def _asked(text: str) -> tuple[str, int]:
    scenario, _, seed = text.rpartition(":")
    if not scenario or not seed.isdigit():
        raise InvalidInputError(f"'{text}' is no SCENARIO:SEED")
    return scenario, int(seed)


def main() -> int:
    """Run the pairs; exit code 1 if a lamp was wrong, or a cabinet was not driven."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="+", metavar="SCENARIO:SEED")
    parser.add_argument("--end", type=float, help="Last simulation second.")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    chosen = parser.parse_args()
    console, bad = Console(soft_wrap=True), 0
    try:
        for text in chosen.pairs:
            scenario, seed = _asked(text)
            key = text if chosen.end is None else f"{text}:{chosen.end:g}"
            if (ENGINE, key) in known_lines(chosen.ledger):
                console.print(f"{key}: in the ledger", highlight=False)
                continue
            with tempfile.TemporaryDirectory() as folder:
                line = pair(scenario, seed, chosen.end, Path(folder))
            append_lines(chosen.ledger, [line])
            bad += bool(line["violations"]) or line["driven"] < line["cabinets"]
            console.print(json.dumps(line), markup=False, highlight=False)
    except SignalCtrlError as error:
        console.print(f"bench.link.shadow_gain: {error}", markup=False, highlight=False)
        return 2
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
