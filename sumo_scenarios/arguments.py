"""SUMO's command line for a run, and the additional files that a run writes for it."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from sumo_scenarios.configuration import Configuration
from sumo_scenarios.programmes import NOWHERE
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.switching import READERS, is_file_key
from sumo_scenarios.xml_input import INCLUDE, included, parse_xml

TRIPINFO: Final = "tripinfo.xml.gz"
STATISTICS: Final = "statistics.xml"
TLS_STATES: Final = "tls_states.xml.gz"


def sumo_arguments(
    config: Configuration,
    settings: RunSettings,
    times_s: tuple[float, float],
    additional: Sequence[Path],
    routes: Sequence[Path],
    folder: Path,
) -> list[str]:
    """Return the arguments: the user's inputs and options, our times, seeds and outputs."""
    arguments = ["--net-file", str(config.net)]
    if routes:
        arguments += ["--route-files", ",".join(map(str, routes))]
    if additional:
        arguments += ["--additional-files", ",".join(map(str, additional))]
    for name, value in config.options:
        arguments += [f"--{name}", value]
    return [
        *arguments,
        *("--begin", f"{times_s[0]:.3f}", "--end", f"{times_s[1]:.3f}"),
        *("--step-length", f"{config.step_s:.3f}"),
        *("--seed", str(settings.seed), "--scale", repr(settings.scale)),
        *("--time-to-teleport", "-1", "--max-depart-delay", "-1"),
        *("--tripinfo-output", str(folder / TRIPINFO), "--tripinfo-output.write-unfinished", "true"),
        *("--tripinfo-output.write-undeparted", "true", "--statistic-output", str(folder / STATISTICS)),
        *("--duration-log.statistics", "true", "--no-step-log", "true", "--xml-validation", "never"),
        *("--route-steps", "1"),  # so that SUMO counts as loaded only who is due
    ]


def write_state_recorder(path: Path, signals: Sequence[str], target: Path) -> None:
    """Write the additional file that has SUMO record every signal's lamps."""
    rows = [
        f'    <timedEvent type="SaveTLSStates" source={quoteattr(signal)} dest={quoteattr(str(target))}/>'
        for signal in signals
    ]
    path.write_text("<additional>\n" + "\n".join(rows) + "\n</additional>\n", encoding="utf-8")


def own_copy(path: Path, target: Path, under_control: frozenset[str]) -> Path:
    """Write a copy of an additional file, or a network, that leaves the user's folder alone; return it.

    Files that it includes are put in, files that it reads are named by their full path, and what it would write
    goes nowhere. Its switch plans no longer touch the signals under control: SUMO's own switching would put a
    programme's lamps in place of the kernel's for a step.
    Raises: InvalidInputError if the file cannot be read.
    """
    root = parse_xml(path)
    _put_in_included(root, path, 0)
    for parent in list(root.iter()):
        for junction in parent.findall("wautJunction"):
            if junction.get("junctionID") in under_control:
                parent.remove(junction)
    ElementTree.ElementTree(root).write(target, encoding="utf-8", xml_declaration=True)
    return target


def _put_in_included(root: ElementTree.Element, path: Path, depth: int) -> None:
    """Replace each `<include>` by what its file holds, in place; its relative names count from that file."""
    _place_files(root, path.parent)
    for parent in list(root.iter()):
        for index, element in reversed(list(enumerate(parent))):
            if element.tag == INCLUDE:
                inner_path = included(path, element, depth)
                inner = parse_xml(inner_path)
                _put_in_included(inner, inner_path, depth + 1)
                parent[index : index + 1] = list(inner)


def _place_files(root: ElementTree.Element, folder: Path) -> None:
    for element in root.iter():
        for name in ("file", "output", "dest"):
            if element.get(name, "") not in NOWHERE:
                reads = name == "file" and element.tag in READERS
                element.set(name, os.path.abspath(folder / element.attrib[name]) if reads else "NUL")
        if element.tag == "param" and is_file_key(element.get("key", "")):
            element.set("value", "NUL")


@contextmanager
def errors_kept(path: Path) -> Iterator[None]:
    """Write what the process, SUMO's own code too, says on standard error into a file, and pass it on.

    SUMO's exceptions say "Process Error" only, and of a failed start its own error log stays empty.
    """
    sys.stderr.flush()
    usual = os.dup(2)
    try:
        with path.open("wb") as kept:
            os.dup2(kept.fileno(), 2)
            yield
    finally:
        sys.stderr.flush()
        os.dup2(usual, 2)
        os.close(usual)
        os.write(2, path.read_bytes())


def reason_of(errors: Path, otherwise: str) -> str:
    """Return the first error that SUMO wrote, or else what the exception says, in one line."""
    try:
        lines = errors.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    found = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    said = [line.strip() for line in otherwise.splitlines() if line.strip()]
    return next(iter([*found, *said]), "it gives no reason")
