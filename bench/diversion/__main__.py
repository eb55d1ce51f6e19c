"""What diversion brings: `python -m bench.diversion`. Interrupted, it goes on with the next call."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.diversion.campaign import Against, Campaign, Case, against, delay_veh_h
from bench.diversion.picture import diversion_map
from bench.seeds import seeds_of
from signal_ctrl.domain.errors import SignalCtrlError
from sumo_scenarios.diversion_loop.order import Arm

LEDGER: Final = Path(__file__).parent.parent / "results" / "diversion.jsonl"
ARMS: Final = {"nothing": Arm.NOTHING, "diversion": Arm.DIVERSION, "signals": Arm.SIGNALS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the runs of one case and print its table; exit code 3 if SUMO fails."""
    asked = _parser().parse_args(arguments)
    console = Console(width=140)
    case = Case(
        asked.scenario, asked.controller, asked.scale, asked.compliance, asked.patience, not asked.no_wave, asked.road
    )
    try:
        campaign = Campaign(asked.ledger, lambda text: console.print(text, highlight=False))
        if asked.picture is not None:
            asked.picture.write_text(diversion_map(*campaign.proposed(case)), encoding="utf-8")
            return 0
        lines: dict[Arm, dict[int, dict[str, object]]] = {}
        for seed in seeds_of(asked.seeds):
            for arm in (*([Arm.USUAL] if case.own_ways else []), *(ARMS[name] for name in asked.arms)):
                lines.setdefault(arm, {})[seed] = campaign.run(case, arm, seed)
    except SignalCtrlError as error:
        console.print(f"bench.diversion: {error}", highlight=False)
        return 3
    _put(console, case, lines)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.diversion", description=__doc__)
    parser.add_argument("--scenario", default="grid4x4")
    parser.add_argument("--controller", default="fixed", choices=("fixed", "adaptive"))
    parser.add_argument("--scale", type=float, default=2.0, help="factor on the demand")
    parser.add_argument("--seeds", default="1-10", help="A-B")
    parser.add_argument("--compliance", type=float, default=0.4)
    parser.add_argument(
        "--patience",
        type=float,
        default=math.inf,
        help="drivers on one road for so long look for a way of their own [s]",
    )
    parser.add_argument("--road", default="", help="close this road, not the one of the rule")
    parser.add_argument("--no-wave", action="store_true", help="splits alone, offsets stay")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--picture", type=Path, help="draw what is proposed for the case as SVG, and make no run")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser


def _put(console: Console, case: Case, lines: dict[Arm, dict[int, dict[str, object]]]) -> None:
    table = Table(title=case.name, title_justify="left")
    arms = [arm for arm in Arm if arm in lines]
    for column in ("seed", *(f"{arm.value} [veh h]" for arm in arms), "unfinished"):
        table.add_column(column, justify="right")
    for seed, usual in lines[arms[0]].items():
        delays = [f"{delay_veh_h(lines[arm][seed], usual):.1f}" for arm in arms]
        table.add_row(str(seed), *delays, "/".join(str(lines[arm][seed]["unfinished"]) for arm in arms))
    console.print(table)
    for one in against(lines):
        console.print(told(one), highlight=False)


def told(one: Against) -> str:
    """Return a comparison in words.

    >>> told(Against("diversion", "nothing", (-20.0, -10.0)))
    'diversion against nothing: -15.0 % (95 % interval -78.5 to 48.5), worst seed -10.0 %, 2 seeds'
    """
    low, high = one.interval or (one.mean, one.mean)
    return (
        f"{one.arm} against {one.other}: {one.mean:.1f} % (95 % interval {low:.1f} to {high:.1f}), "
        f"worst seed {one.worst:.1f} %, {len(one.changes)} seeds"
    )


if __name__ == "__main__":
    sys.exit(main())
