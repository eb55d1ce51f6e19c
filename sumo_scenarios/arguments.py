"""SUMO's command line for a run, and the additional files that a run writes for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from sumo_scenarios.configuration import Configuration
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.xml_input import open_xml

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
        *("--begin", f"{times_s[0]:g}", "--end", f"{times_s[1]:g}", "--step-length", f"{config.step_s:g}"),
        *("--seed", str(settings.seed), "--scale", f"{settings.scale:g}"),
        *("--time-to-teleport", "-1", "--max-depart-delay", "-1"),
        *("--tripinfo-output", str(folder / TRIPINFO), "--tripinfo-output.write-unfinished", "true"),
        *("--tripinfo-output.write-undeparted", "true", "--statistic-output", str(folder / STATISTICS)),
        *("--duration-log.statistics", "true", "--no-step-log", "true", "--xml-validation", "never"),
        *("--route-steps", "1"),  # so that SUMO counts as loaded only who is due
    ]


def write_state_recorder(path: Path, signals: Sequence[str], target: Path) -> None:
    """Write the additional file that has SUMO record every signal's lamps."""
    rows = [
        f"    <timedEvent type=\"SaveTLSStates\" source={quoteattr(signal)} dest={quoteattr(str(target))}/>"
        for signal in signals
    ]
    path.write_text("<additional>\n" + "\n".join(rows) + "\n</additional>\n", encoding="utf-8")


def without_switch_plans(path: Path, target: Path, under_control: frozenset[str]) -> Path:
    """Write a copy of an additional file whose switch plans no longer touch the signals under control; return it.

    SUMO's own switching would put a programme's lamps in place of the kernel's for a step.
    """
    with open_xml(path) as stream:
        tree = ElementTree.parse(stream)
    root = tree.getroot()
    for junction in list(root.findall("wautJunction")):
        if junction.get("junctionID") in under_control:
            root.remove(junction)
    for element in root.iter():
        file = element.get("file")
        if file and file not in ("NUL", "stdout", "stderr", "/dev/null"):
            element.set("file", str((path.parent / file).resolve()))
    tree.write(target, encoding="utf-8", xml_declaration=True)
    return target
