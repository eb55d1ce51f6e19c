"""Programmes of signals (`tlLogic`) as values, read from SUMO's XML."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from xml.etree.ElementTree import Element

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import parse_time_s

GREENS: Final = frozenset("Gg")
AMBERS: Final = frozenset("yY")
OFF: Final = "off"
NEMA: Final = "NEMA"
NOWHERE: Final = frozenset({"NUL", "nul", "/dev/null", "", "stdout", "stderr", "-"})
_LETTERS: Final = frozenset("rugGyYsoO")
_ON_THE_WAY: Final = frozenset("yYu")
_LONGEST_S: Final = 1e7


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a programme: how long, shortest and longest [s], and the letter of each link.

    `following` are the rows that may come next; empty: the one after it.
    """

    duration_s: float
    shortest_s: float
    longest_s: float
    state: str
    following: tuple[int, ...] = ()

    @property
    def is_actuated(self) -> bool:
        """Whether its length may vary."""
        return not self.shortest_s == self.longest_s == self.duration_s

    @property
    def has_green(self) -> bool:
        """Whether somebody has green."""
        return bool(GREENS & set(self.state))

    @property
    def is_stage(self) -> bool:
        """Whether somebody has green and nobody is on the way to or from it."""
        return self.has_green and not _ON_THE_WAY & set(self.state)


@dataclass(frozen=True, slots=True)
class Row:
    """What a NEMA controller adds to a row: number, and its amber and red clearance [s]."""

    number: str
    amber_s: float
    red_s: float


@dataclass(frozen=True, slots=True)
class Programme:
    """One `tlLogic`. `parameters` are its `<param>`s, `rows` belong to type NEMA."""

    signal: str
    programme_id: str
    kind: str
    offset_s: float
    steps: tuple[Step, ...]
    source: str
    parameters: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = field(default=(), compare=False)

    @property
    def n_links(self) -> int:
        """Letters of each of its states."""
        return len(self.steps[0].state) if self.steps else 0

    @property
    def has_green(self) -> bool:
        """Whether somebody has green at some time."""
        return any(step.has_green for step in self.steps)

    def padded(self, n_links: int) -> "Programme":
        """Return the programme with red for links that it has no letter for."""
        steps = tuple(replace(step, state=step.state.ljust(n_links, "r")) for step in self.steps)
        return replace(self, steps=steps)

    def following(self, index: int) -> tuple[int, ...]:
        """Return the rows that may follow a row."""
        return self.steps[index].following or ((index + 1) % len(self.steps),)


def read_programme(element: Element, source: str) -> Programme:
    """Return the programme of a `tlLogic` element.

    Raises: InvalidInputError for unknown letters, states of different length, or times that cannot be.
    """
    signal = element.attrib["id"]
    where = f"{source}: the programme of signal {signal}"
    found = [row for row in element.findall("phase") if row.get("state")]
    steps = tuple(_step(row, len(found), where) for row in found)
    letters = set("".join(step.state for step in steps))
    if letters - _LETTERS or len({len(step.state) for step in steps}) > 1:
        raise InvalidInputError(f"{where} has unknown letters or uneven states")
    offset = element.get("offset", "0")
    return Programme(
        signal=signal,
        programme_id=element.get("programID", "<unknown>"),
        kind=element.get("type", "static"),
        offset_s=parse_time_s(offset) if offset != "begin" else 0.0,
        steps=steps,
        source=source,
        parameters=tuple(_parameters(element)),
        rows=tuple(_nema_row(row) for row in found),
    )


def _step(row: Element, n_rows: int, where: str) -> Step:
    duration_s = parse_time_s(row.get("duration", row.get("minDur", "5")))
    shortest_s = min(duration_s, parse_time_s(row.get("minDur", str(duration_s))))
    longest_s = max(duration_s, parse_time_s(row.get("maxDur", "0")))
    following = tuple(int(index) for index in row.get("next", "").split() if int(index) >= 0)
    if not 0 < duration_s < _LONGEST_S or not shortest_s >= 0 or not longest_s < _LONGEST_S:
        raise InvalidInputError(f"{where} has a row that lasts {duration_s:g} s")
    if any(index >= n_rows for index in following):
        raise InvalidInputError(f"{where} goes on with row {max(following)}, which does not exist")
    return Step(duration_s, shortest_s, longest_s, row.attrib["state"], following)


def _nema_row(row: Element) -> Row:
    amber_s, red_s = (parse_time_s(row.get(name, "0")) for name in ("yellow", "red"))
    return Row(row.get("name", ""), max(amber_s, 0.0), max(red_s, 0.0))


def _parameters(element: Element) -> Iterator[tuple[str, str]]:
    for parameter in element.findall("param"):
        yield parameter.get("key", ""), parameter.get("value", "")


def writes(element: Element) -> bool:
    """Return whether a `tlLogic` element has SUMO write a file of its detectors."""
    return any(key == "file" and value not in NOWHERE for key, value in _parameters(element))
