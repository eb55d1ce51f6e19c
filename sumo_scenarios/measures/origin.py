"""Whether SUMO's files come from the run that the settings describe, by the options that SUMO wrote on top of each."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import SignalCtrlError
from sumo_scenarios.input_files import input_hashes
from sumo_scenarios.measures.context import Asked
from sumo_scenarios.measures.evidence import EDGES, STOPS
from sumo_scenarios.measures.records import options_of

HEADED: Final = ("tripinfo.xml.gz", "statistics.xml", "tls_states.xml.gz")
_HEADED_EVIDENCE: Final = (EDGES, STOPS)
_TELEPORTS: Final = ("time-to-teleport", "max-depart-delay")
_RECORDED: Final = ("tripinfo-output.write-unfinished", "tripinfo-output.write-undeparted")
_SAME: Final = ("net-file", "route-files", "additional-files", "tripinfo-output")


def option_reasons(run: Path, evidence: Path | None, asked: Asked) -> Iterator[str]:
    """Yield what the options on top of SUMO's files say against the run."""
    files = [run / name for name in HEADED]
    files += [evidence / name for name in _HEADED_EVIDENCE] if evidence is not None else []
    found = {path.name: options_of(path) for path in files}
    for name, options in found.items():
        yield from _mismatches(name, options, asked)
    first = found[HEADED[0]]
    for name, options in found.items():
        for option in _SAME:
            if options.get(option) != first.get(option):
                yield f"{name} was not written by the simulation that wrote {HEADED[0]}: it has another {option}"


def _mismatches(name: str, options: Mapping[str, str], asked: Asked) -> Iterator[str]:
    """Yield where the options of one file differ from what was asked, or hide vehicles."""
    times = asked.times
    wanted = {"seed": asked.seed, "scale": asked.scale, "begin": times.begin_s, "end": times.end_s}
    wanted["step-length"] = times.step_s
    for option, value in wanted.items():
        if not _equals(options.get(option), value):
            yield f"{name} was written with {option} {options.get(option, 'unknown')}, the settings say {value:g}"
    for option in _TELEPORTS:
        if not _equals(options.get(option), -1.0):
            yield f"{name} was written with {option} {options.get(option, 'unknown')}, not -1"
    for option in _RECORDED:
        if options.get(option) != "true":
            yield f"{name} was written without {option}"


def _equals(text: str | None, value: float) -> bool:
    try:
        return text is not None and abs(float(text) - value) < 5e-4
    except ValueError:
        return False


def input_reasons(asked: Asked) -> Iterator[str]:
    """Yield the input files that are no longer what the run read: then its demand cannot be counted."""
    try:
        now = input_hashes(asked.configuration())
    except SignalCtrlError as error:
        yield f"the demand cannot be counted: {error}"
        return
    for name, digest in asked.document.get("inputs", {}).items():
        if now.get(name) != digest:
            yield f"{name} is no longer the file that the run read: its demand cannot be counted"
