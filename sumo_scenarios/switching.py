"""Which programme is in force when: the order in which SUMO loads them, and its switch plans (WAUT)."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.programmes import NOWHERE, OFF, Programme, read_programme, writes
from sumo_scenarios.xml_input import INCLUDE, elements, parse_time_s

MAX_SWITCHES: Final = 1000
READERS: Final = frozenset({"variableSpeedSign", "rerouter", "calibrator", "vss"})
"""Elements whose `file` is read; the `file` of all others is written."""
_FILES: Final = ("file", "output", "dest")


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """One WAUT: the programme at first, and (time, programme) of each switch, in the order of the file. [s]

    `period_s` is the time after which it starts over, 0 where it does not.
    """

    name: str
    start: str
    switches: tuple[tuple[float, str], ...]
    period_s: float = 0.0

    def at(self, begin_s: float) -> str:
        """Return the programme that SUMO starts with at a time: as it reads the plan, order and all. [s]"""
        first, least_s, initial = len(self.switches), math.inf, self.start
        for index, (at_s, _) in enumerate(self.switches):
            if begin_s < at_s < least_s:
                first, least_s = index, at_s
            if first:
                initial = self.switches[first - 1][1]
        return initial

    def after(self, begin_s: float, end_s: float) -> Iterator[tuple[float, str]]:
        """Yield (time, programme) of the switches that SUMO makes between two times. [s]

        It begins with the next one of the first period, and ends where a switch would not lie after the last.
        """
        ahead = [(at_s, index) for index, (at_s, _) in enumerate(self.switches) if at_s > begin_s]
        if not ahead:
            return
        now_s, index = min(ahead)
        around = 0
        for _ in range(MAX_SWITCHES):
            if now_s > end_s:
                return
            yield now_s, self.switches[index][1]
            index += 1
            if index == len(self.switches):
                index, around = 0, around + 1
            next_s = self.switches[index][0] + around * self.period_s
            if (around and not self.period_s) or next_s <= now_s:
                return
            now_s = next_s


@dataclass(frozen=True, slots=True)
class Additional:
    """What additional files say about signals.

    `loads` are (signal, programme or switch plan) in the order in which SUMO loads them; `rewritten` the files
    that name others, write, or hold switch plans: a run reads copies of them.
    """

    programmes: tuple[Programme, ...]
    loads: tuple[tuple[str, "Programme | SwitchPlan"], ...] = ()
    rewritten: frozenset[Path] = frozenset()


@dataclass(slots=True)
class _Reader:
    path: Path
    programmes: list[Programme] = field(default_factory=list)
    plans: dict[str, SwitchPlan] = field(default_factory=dict)
    loads: list[tuple[str, "Programme | SwitchPlan"]] = field(default_factory=list)
    rewritten: set[Path] = field(default_factory=set)

    def take(self, element: Element) -> None:
        if element.tag == "tlLogic":
            programme = read_programme(element, str(self.path))
            self.programmes.append(programme)
            self.loads.append((programme.signal, programme))
        elif element.tag == "WAUT":
            plan = _plan(element)
            self.plans[plan.name] = plan
        elif element.tag == "wautJunction":
            self._use(element.attrib["wautID"], element.attrib["junctionID"])
        if element.tag in ("WAUT", "wautJunction", INCLUDE) or names_a_file(element):
            self.rewritten.add(self.path)

    def _use(self, plan: str, signal: str) -> None:
        if plan not in self.plans:
            raise InvalidInputError(f"{self.path}: the switch plan '{plan}' (WAUT) is used before it is defined")
        self.loads.append((signal, self.plans[plan]))


def is_file_key(key: str) -> bool:
    """Return whether a parameter names a file that SUMO writes.

    >>> is_file_key("file"), is_file_key("device.ssm.file"), is_file_key("profile")
    (True, True, False)
    """
    return key == "file" or key.endswith(".file")


def names_a_file(element: Element) -> bool:
    """Return whether an element names a file to be read or written, other than by `<include>`."""
    named = any(element.get(name, "") not in NOWHERE for name in _FILES)
    if element.tag == "param":
        named = is_file_key(element.get("key", "")) and element.get("value", "") not in NOWHERE
    return named or (element.tag == "tlLogic" and writes(element))


def read_additional(paths: Iterable[Path]) -> Additional:
    """Return programmes and switch plans of additional files. Raises: InvalidInputError for damaged files."""
    reader = _Reader(Path())
    for path in paths:
        reader.path = path
        try:
            for _, element in elements(path):
                reader.take(element)
        except KeyError as error:
            raise InvalidInputError(f"{path}: a programme or switch plan has no attribute {error}") from error
        except (ValueError, OverflowError) as error:
            raise InvalidInputError(f"{path}: {error}") from error
    return Additional(tuple(reader.programmes), tuple(reader.loads), frozenset(reader.rewritten))


def _plan(element: Element) -> SwitchPlan:
    reference_s = parse_time_s(element.get("refTime", "0"))
    period_s = max(parse_time_s(element.get("period", "0")), 0.0)
    switches = tuple(
        (_within(reference_s + parse_time_s(row.attrib["time"]), period_s), row.attrib["to"])
        for row in element.findall("wautSwitch")
    )
    return SwitchPlan(element.attrib["id"], element.attrib["startProg"], switches, period_s)


def _within(at_s: float, period_s: float) -> float:
    return math.fmod(at_s, period_s) if period_s > 0 else at_s


def in_force(
    signal: str, of_net: Sequence[Programme], additional: Additional, begin_s: float, end_s: float
) -> tuple[tuple[float, Programme | None], ...]:
    """Return (from when [s], programme) of a signal between two times; None for a programme that switches it off.

    As SUMO does: the programme loaded last is in force, or what the switch plan that was put on it last wants;
    from then on every switch of its plans counts.
    Raises: InvalidInputError if it has no programme or a switch plan names one that does not exist.
    """
    known: dict[str, Programme] = {}
    active: str | None = None
    plans: list[SwitchPlan] = []
    own = [load for name, load in additional.loads if name == signal]
    for load in (*(p for p in of_net if p.signal == signal), *own):
        if isinstance(load, SwitchPlan):
            plans.append(load)
            active = load.at(begin_s)
        elif load.steps or load.programme_id == OFF:
            known[load.programme_id] = load
            active = load.programme_id
    if active is None:
        raise InvalidInputError(f"signal {signal} has no programme")
    for name in {name for plan in plans for name in (plan.start, *(to for _, to in plan.switches))} | {active}:
        if name not in known and name != OFF:
            raise InvalidInputError(
                f"the switch plan (WAUT) of signal {signal} names programme '{name}', which does not exist"
            )
    switches = sorted((s for plan in plans for s in plan.after(begin_s, end_s)), key=lambda s: s[0])
    return _merged([(begin_s, active), *switches], known)


def _merged(
    since: Sequence[tuple[float, str]], known: dict[str, Programme]
) -> tuple[tuple[float, Programme | None], ...]:
    """Return the times at which the programme changes, of several at one time the last."""
    by_time = dict(since)
    found: list[tuple[float, Programme | None]] = []
    for at_s, name in by_time.items():
        programme = known.get(name) if name != OFF else None
        if not found or found[-1][1] != programme:
            found.append((at_s, programme))
    return tuple(found)
