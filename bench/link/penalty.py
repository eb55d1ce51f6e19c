"""What the wire costs: `python -m bench.link.penalty SCENARIO --link loss=0.05,delay_ms=200`.

The same run in one process, over a perfect wire and over the wire named: delays, lamps compared, what the referee says.
"""

import argparse
import gzip
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.referees import judge
from signal_ctrl.domain.errors import SignalCtrlError
from sumo_scenarios.link_conditions import LinkConditions, parse_link
from sumo_scenarios.run import execute
from sumo_scenarios.settings import RunSettings


def penalty(settings: RunSettings, out: Path, link: LinkConditions | None) -> tuple[dict[str, Any], list[str]]:
    """Return figures and lamps of a run over a wire, None: in one process."""
    result = execute(replace(settings, link=link), out, False, lambda _: None)
    if result.status != "complete":
        raise SignalCtrlError(f"the run {result.status}: {result.error}")
    text = gzip.decompress((result.folder / "tls_states.xml.gz").read_bytes()).decode()
    return {**result.document, **judge(result.folder)}, [line for line in text.splitlines() if "<tlsState " in line]


def main() -> int:
    """Run the three and compare; exit code 1 if a perfect wire changes a lamp, or a referee finds a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario")
    parser.add_argument("--link", action="append", default=[], help="May be repeated.")
    parser.add_argument("--controller", default="adaptive")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--begin", type=float)
    parser.add_argument("--end", type=float)
    chosen = parser.parse_args()
    console, bad = Console(soft_wrap=True), 0
    try:
        settings = RunSettings(chosen.scenario, chosen.controller, chosen.seed, begin_s=chosen.begin, end_s=chosen.end)
        with tempfile.TemporaryDirectory() as folder:
            base, lamps = penalty(settings, Path(folder) / "one", None)
            for k, text in enumerate(["", *chosen.link]):
                found, shown = penalty(settings, Path(folder) / f"wire-{k}", parse_link(text))
                same = shown == lamps
                bad += (not text and not same) or any((found["lamp_violations"] or {}).values())
                delay_s = found["delay_s_per_vehicle"]
                more_s = delay_s - base["delay_s_per_vehicle"]
                console.print(
                    f"{text or 'perfect wire'}: {delay_s:.2f} s/veh, {more_s:+.2f} s to one process; lamps "
                    f"{'the same' if same else 'others'}; violations {found['lamp_violations'] or 'none'}",
                    highlight=False,
                )
    except SignalCtrlError as error:
        console.print(f"bench.link.penalty: {error}", markup=False, highlight=False)
        return 2
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
