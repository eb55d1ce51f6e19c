"""Programmes of type NEMA: the stages that their rings let the controller compose, written as a plain programme."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sumo_scenarios.programmes import AMBERS, GREENS, Programme, Row, Step

_ORDER: Final = "GgsYyuoO"
_LEAST_AMBER_S: Final = 3.0

Timed = tuple[Step, Row]


def composed(programme: Programme) -> Programme | None:
    """Return a static programme with one stage for each pair that the two rings may show at once.

    A pair is one row of each ring between the same barriers; it is followed by its amber and its red clearance.
    None if the parameters `ring1`, `ring2` and the barriers do not say so for the rows that there are.
    """
    rows = {row.number: (step, row) for step, row in zip(programme.steps, programme.rows, strict=True)}
    parameters = dict(programme.parameters)
    rings = [_numbers(parameters.get(name, "")) for name in ("ring1", "ring2")]
    barriers = {
        number
        for name in ("barrierPhases", "barrier2Phases", "coordinatePhases")
        for number in _numbers(parameters.get(name, ""))
    }
    named = [number for ring in rings for number in ring]
    if not named or len(rows) != len(programme.steps) or set(named) != set(rows):
        return None
    parts = [_split(ring, barriers) for ring in rings if ring]
    if len({len(part) for part in parts}) > 1:
        return None
    steps = tuple(
        step
        for between in zip(*parts, strict=True)
        for pair in _pairs([[rows[number] for number in part] for part in between])
        for step in _steps(pair)
    )
    return replace(programme, programme_id=f"{programme.programme_id} composed", kind="static", steps=steps, rows=())


def _numbers(text: str) -> list[str]:
    return [number.strip() for number in text.split(",") if number.strip() not in ("", "0")]


def _split(ring: Sequence[str], barriers: set[str]) -> list[list[str]]:
    """Return the parts of a ring, each up to a barrier."""
    parts: list[list[str]] = [[]]
    for number in ring:
        parts[-1].append(number)
        if number in barriers:
            parts.append([])
    return [part for part in parts if part]


def _pairs(rings: Sequence[Sequence[Timed]]) -> Iterator[tuple[Timed, ...]]:
    """Yield the pairs in the order in which they are likely to follow each other."""
    if len(rings) == 1:
        yield from ((row,) for row in rings[0])
        return
    for first in rings[0]:
        for second in rings[1]:
            yield first, second


def _steps(pair: Sequence[Timed]) -> Iterator[Step]:
    green = "".join(min(letters, key=_rank) for letters in zip(*(step.state for step, _ in pair), strict=True))
    amber_s = max([_LEAST_AMBER_S, *(row.amber_s for _, row in pair)])
    red_s = max(row.red_s for _, row in pair)
    longest_s = max(step.longest_s for step, _ in pair)
    shortest_s = max(step.shortest_s for step, _ in pair)
    yield Step(longest_s, shortest_s, longest_s, green)
    yield Step(amber_s, amber_s, amber_s, _mapped(green, "y"))
    if red_s > 0:
        yield Step(red_s, red_s, red_s, _mapped(green, "r"))


def _mapped(state: str, letter: str) -> str:
    return "".join(letter if old in GREENS or old in AMBERS else old for old in state)


def _rank(letter: str) -> int:
    return _ORDER.index(letter) if letter in _ORDER else len(_ORDER)
