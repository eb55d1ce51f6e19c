"""Which runs belong together: groups that differ in their seeds alone, and the pairs of two groups."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Row = Mapping[str, Any]
Key = tuple[Any, ...]

DELAY: Final = "delay_s_per_vehicle"
CELL: Final = ("scenario", "profile", "scale", "failure_rate", "closures")
"""What two runs must share before they may be compared."""
VARIANT: Final = ("controller", "sensing", "options")
"""What may differ between them."""
_USUAL: Final[Mapping[str, Any]] = {
    "profile": "published", "scale": 1.0, "failure_rate": 0.0, "closures": [],
    "sensing": "loops", "options": [], "demand_seed": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that differ in their seeds alone; `shared` holds what they have in common."""

    shared: Mapping[str, Any]
    rows: tuple[Row, ...]

    @property
    def controller(self) -> str:
        """The controller of all of them."""
        return str(self.shared["controller"])

    def cell(self, without: tuple[str, ...] = ()) -> Key:
        """Return what a group must share with another one to be compared with it."""
        return tuple(_frozen(self.shared[name]) for name in CELL if name not in without)

    def named(self) -> str:
        """Return the controller with whatever is not as usual.

        >>> Group({**_USUAL, "controller": "adaptive", "sensing": "positions", "scale": 1.2}, ()).named()
        'adaptive (positions, demand × 1.2)'
        """
        sensing = str(self.shared["sensing"])
        more = [*([sensing] if sensing != "loops" else []), *self.conditions()]
        return f"{self.controller} ({', '.join(more)})" if more else self.controller

    def conditions(self) -> tuple[str, ...]:
        """Return in words what is not as usual about the cell."""
        shared = self.shared
        return (
            *([f"demand × {shared['scale']:g}"] if shared["scale"] != 1 else []),
            *([f"{100 * shared['failure_rate']:g} % of the loops failed"] if shared["failure_rate"] else []),
            *([str(shared["profile"])] if shared["profile"] != "published" else []),
            *([f"closed: {', '.join(shared['closures'])}"] if shared["closures"] else []),
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """The same seeds under two groups, and the figure of each."""

    seed: int
    demand_seed: int
    value: float
    base: float

    @property
    def difference(self) -> float:
        """The group's figure minus the baseline's."""
        return self.value - self.base


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Seeds that make no pair, and why."""

    seed: int
    demand_seed: int
    reason: str


def field(row: Row, name: str) -> Any:
    """Return a field of a row, as usual where the row lacks it."""
    found = row.get(name, _USUAL.get(name))
    return _USUAL.get(name) if found is None else found


def groups_of(rows: Iterable[Row]) -> list[Group]:
    """Return the groups of rows, in the order of their first row."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(_frozen(field(row, name)) for name in (*CELL, *VARIANT)), []).append(row)
    return [
        Group({name: field(members[0], name) for name in (*CELL, *VARIANT)}, tuple(members))
        for members in found.values()
    ]


def seeds_of(row: Row) -> tuple[int, int]:
    """Return the demand seed and the seed of a row: in this order they are sorted."""
    return int(field(row, "demand_seed")), int(row["seed"])


def is_valid(row: Row) -> bool:
    """Tell whether a run may enter a mean: complete, not found fault with, and it has a delay."""
    complete = row.get("status", "complete") == "complete" and row.get(DELAY) is not None
    return complete and bool(row.get("valid", True))


def reason_of(row: Row) -> str:
    """Return why a run is not valid."""
    said = "; ".join(str(reason) for reason in row.get("invalid") or ())
    return said or (f"status {row.get('status')}" if row.get("status") != "complete" else "it has no delay")


def delay_of(row: Row) -> float | None:
    """Return the headline figure of a run. [s/veh]"""
    found = row.get(DELAY)
    return None if found is None else float(found)


def pairs_of(
    rows: Sequence[Row], base: Sequence[Row], figure: Callable[[Row], float | None] = delay_of
) -> tuple[list[Pair], list[LeftOut]]:
    """Return the pairs of two groups by seed and demand seed, and the seeds that make none.

    Args: figure, what is compared; a run without it is left out.
    """
    mine, theirs = ({seeds_of(row): row for row in side} for side in (rows, base))
    pairs, left_out = [], []
    for seeds in sorted({*mine, *theirs}):
        demand_seed, seed = seeds
        reason = _hindrance(mine.get(seeds), theirs.get(seeds))
        values = [None if reason else figure(side[seeds]) for side in (mine, theirs)]
        if values[0] is None or values[1] is None:
            left_out.append(LeftOut(seed, demand_seed, reason or "a run lacks the figure"))
        else:
            pairs.append(Pair(seed, demand_seed, values[0], values[1]))
    return pairs, left_out


def _hindrance(mine: Row | None, theirs: Row | None) -> str:
    for row, whose in ((mine, "the controller"), (theirs, "the baseline")):
        if row is None:
            return f"{whose} was not run with these seeds"
        if not is_valid(row):
            return f"the run of {whose} is not valid: {reason_of(row)}"
    return ""


def units_of(pairs: Sequence[Pair]) -> tuple[str, list[Pair]]:
    """Return what counts as independent, `seed` or `demand seed`, and a pair of means for each.

    Runs on one drawn demand are alike, so that with several demand seeds each of them counts once, by the mean over
    its drivers: as many pairs as there are runs would make the interval too narrow.
    """
    by_demand: dict[int, list[Pair]] = {}
    for pair in pairs:
        by_demand.setdefault(pair.demand_seed, []).append(pair)
    if len(by_demand) < 2:
        return "seed", list(pairs)
    return "demand seed", [_mean_of(own) for own in by_demand.values()]


def _mean_of(pairs: Sequence[Pair]) -> Pair:
    """Return the mean of the pairs of one demand, under the first of their seeds."""
    value, base = (sum(values) / len(pairs) for values in ([p.value for p in pairs], [p.base for p in pairs]))
    return Pair(pairs[0].seed, pairs[0].demand_seed, value, base)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value
