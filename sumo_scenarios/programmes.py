"""Programmes of signals (`tlLogic`) and the switch plans (WAUT) that say which is in force when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import elements, parse_time_s

GREENS: Final = frozenset("Gg")
_LETTERS: Final = frozenset("rugGyYsoO")


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a programme: how long, shortest and longest [s], and the letter of each link."""

    duration_s: float
    shortest_s: float
    longest_s: float
    state: str

    @property
    def is_actuated(self) -> bool:
        """Whether its length may vary."""
        return not self.shortest_s == self.longest_s == self.duration_s

    @property
    def is_stage(self) -> bool:
        """Whether somebody has green and nobody is on the way to or from it."""
        return bool(GREENS & set(self.state)) and not set("yYu") & set(self.state)


@dataclass(frozen=True, slots=True)
class Programme:
    """One `tlLogic`."""

    signal: str
    programme_id: str
    kind: str
    offset_s: float
    steps: tuple[Step, ...]
    source: str


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """One WAUT: the programme from `reference_s` on, then each switch. [s]"""

    start: str
    reference_s: float
    switches: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Additional:
    """What additional files say about signals."""

    programmes: tuple[Programme, ...]
    plan_of: dict[str, SwitchPlan]
    with_plans: frozenset[Path]


def read_programme(element: Element, source: str) -> Programme:
    """Return the programme of a `tlLogic` element.

    Raises: InvalidInputError for unknown letters or states of different length.
    """
    signal = element.attrib["id"]
    steps = tuple(_step(row) for row in element.findall("phase") if row.get("state"))
    letters = set("".join(step.state for step in steps))
    if letters - _LETTERS or len({len(step.state) for step in steps}) > 1:
        raise InvalidInputError(f"{source}: the programme of signal {signal} has unknown letters or uneven states")
    return Programme(
        signal=signal,
        programme_id=element.get("programID", "0"),
        kind=element.get("type", "static"),
        offset_s=parse_time_s(element.get("offset", "0")) if element.get("offset", "0") != "begin" else 0.0,
        steps=steps,
        source=source,
    )


def _step(row: Element) -> Step:
    duration_s = parse_time_s(row.get("duration", row.get("minDur", "5")))
    shortest_s = min(duration_s, parse_time_s(row.get("minDur", str(duration_s))))
    longest_s = max(duration_s, parse_time_s(row.get("maxDur", "0")))
    return Step(duration_s, shortest_s, longest_s, row.attrib["state"])


def read_additional(paths: Iterable[Path]) -> Additional:
    """Return programmes and switch plans of additional files. Raises: InvalidInputError for damaged files."""
    programmes: list[Programme] = []
    plans: dict[str, SwitchPlan] = {}
    controlled: dict[str, str] = {}
    with_plans: set[Path] = set()
    for path in paths:
        for _, element in elements(path):
            try:
                if element.tag == "tlLogic":
                    programmes.append(read_programme(element, str(path)))
                elif element.tag == "WAUT":
                    plans[element.attrib["id"]] = _plan(element)
                    with_plans.add(path)
                elif element.tag == "wautJunction":
                    controlled[element.attrib["junctionID"]] = element.attrib["wautID"]
                    with_plans.add(path)
            except KeyError as error:
                raise InvalidInputError(f"{path}: <{element.tag}> has no attribute {error}") from error
    missing = sorted(set(controlled.values()) - set(plans))
    if missing:
        raise InvalidInputError(f"the switch plan '{missing[0]}' (WAUT) is used but nowhere defined")
    return Additional(tuple(programmes), {s: plans[w] for s, w in controlled.items()}, frozenset(with_plans))


def _plan(element: Element) -> SwitchPlan:
    switches = sorted((parse_time_s(s.attrib["time"]), s.attrib["to"]) for s in element.findall("wautSwitch"))
    return SwitchPlan(element.get("startProg", "0"), parse_time_s(element.get("refTime", "0")), tuple(switches))


def in_force(
    signal: str, programmes: Sequence[Programme], plan: SwitchPlan | None, begin_s: float, end_s: float
) -> tuple[tuple[float, Programme], ...]:
    """Return (from when [s], programme) of a signal between two times; without a switch plan the last one loaded.

    Raises: InvalidInputError if a switch plan names a programme that does not exist.
    """
    own = {p.programme_id: p for p in programmes if p.signal == signal}
    if plan is None:
        return ((begin_s, list(own.values())[-1]),)
    found: list[tuple[float, Programme]] = []
    for at_s, name in ((plan.reference_s, plan.start), *((plan.reference_s + t, n) for t, n in plan.switches)):
        if at_s > end_s:
            continue
        if name not in own and name != "off":
            raise InvalidInputError(f"the switch plan of signal {signal} names programme '{name}', which does not exist")
        if name in own:
            found = [*(f for f in found if at_s > begin_s or f[0] > begin_s), (max(at_s, begin_s), own[name])]
    return tuple(found) or ((begin_s, list(own.values())[-1]),)
