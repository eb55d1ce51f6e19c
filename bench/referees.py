"""The independent referees of `tests/oracles`, which share no code with the engine, over a finished run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.read_ahead import read_ahead_veh

REFEREES: Final = "referees.json"
ORACLES: Final = Path(__file__).resolve().parent.parent / "tests" / "oracles"
SCORER: Final = "score_tripinfo.py"
LAMPS: Final = "check_lamps.py"
_LEFT_OUT: Final = "loaded vehicles are in no trip"
LIMIT_S: Final = 600.0
AGREEMENT_S: Final = 0.001
"""How far the scorer's delay may lie from ours: one in the last digit that is written."""


def check_referees() -> None:
    """Raises: InvalidInputError where the referees are not at hand."""
    missing = [name for name in (SCORER, LAMPS) if not (ORACLES / name).is_file()]
    if missing:
        raise InvalidInputError("--referees needs the checkout of the project, with tests/oracles; leave it out")


def judge(run: Path) -> dict[str, Any]:
    """Return what the referees say of a run: delay [s/veh], faults, and lamp violations by rule.

    The lamps are judged only where the kernel set them: SUMO's own programmes are not held to its rules. SUMO counts
    as loaded vehicles that a scale below 1 leaves out, and of several route files those that it read too early: there
    what the scorer says of these is not taken, and the demand's own files say who is missing.
    Raises: BackendError if a referee breaks off.
    """
    scale = float(json.loads((run / "settings.json").read_text(encoding="utf-8"))["scale"])
    score = _ask(SCORER, str(run / "tripinfo.xml.gz"), "--statistics", str(run / "statistics.xml"))
    told = scale >= 1 and not read_ahead_veh(run / "statistics.xml")
    faults = [fault for fault in score.get("invalid", []) if told or _LEFT_OUT not in fault]
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    found = {"referee_delay_s": score.get("delay_s_per_vehicle"), "referee_invalid": faults}
    if not result["signals"]:
        return {**found, "lamp_violations": None}
    lamps = _ask(LAMPS, str(run / "net.xml"), str(run / "tls_states.xml.gz"), "--json")
    return {**found, "lamp_violations": lamps["violations"]}


def lamps_at_hand() -> bool:
    """Tell whether the referee of the lamps is there: in the checkout of the project it is."""
    return (ORACLES / LAMPS).is_file()


def wrong_lamps(run: Path, walking_mps: float | None = None) -> dict[str, int]:
    """Return how often the lamps of a run broke each rule; rules that were kept are left out.

    Args: walking_mps, how fast people clear crossings; None: their clearance is not judged. [m/s]
    Raises: BackendError if the referee breaks off.
    """
    walking = () if walking_mps is None else ("--ped-speed", f"{walking_mps:g}")
    found = _ask(LAMPS, str(run / "net.xml"), str(run / "tls_states.xml.gz"), "--json", *walking)
    return {rule: count for rule, count in found["violations"].items() if count}


def crossing_faults(run: Path, walking_mps: float) -> int:
    """Return how often vehicles turned green in SUMO's record while people still cleared a crossing in their way.

    Raises: BackendError if the referee breaks off.
    """
    return wrong_lamps(run, walking_mps).get("clearance", 0)


def disagreement(row: dict[str, Any]) -> str:
    """Return where the referees disagree with the row of a run, or nothing."""
    delay_s = row.get("referee_delay_s")
    if delay_s is None or abs(delay_s - row["delay_s_per_vehicle"]) > AGREEMENT_S:
        return f"the independent scorer finds {delay_s} s of delay, not {row['delay_s_per_vehicle']} s"
    if row.get("referee_invalid"):
        return f"the independent scorer: {'; '.join(map(str, row['referee_invalid']))}"
    broken = {rule: count for rule, count in (row.get("lamp_violations") or {}).items() if count}
    return f"the lamps broke {broken}" if broken else ""


def _ask(tool: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, str(ORACLES / tool), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
        found: dict[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError) as error:
        raise BackendError(f"the referee {tool} cannot be run: {error}") from error
    except ValueError as error:
        raise BackendError(f"the referee {tool} breaks off: {done.stderr.strip()[-200:]}") from error
    return found
