"""A site: one signal's groups, stages, conflict matrix and intervals. A site that exists is valid."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.schedule import zone_of
from signal_ctrl.domain.site_parts import (
    COMPATIBLE,
    CONFLICT,
    DEBOUNCE_FRAMES,
    INTERGREEN_DS,
    LAG_DS,
    MAX_GROUPS,
    RED_REVERT_DS,
    RESOLUTION_DS,
    STARTUP_ALL_RED_DS,
    STARTUP_FLASH_DS,
    STEADY_LETTERS,
    DayHours,
    GroupKind,
    Right,
    SignalGroup,
    Stage,
    Trailing,
    is_whole,
    together_bit,
    transposed,
)
from signal_ctrl.domain.site_rota import Rota, rota_for, shortest_max_red_ds

__all__ = [
    "COMPATIBLE",
    "CONFLICT",
    "DayHours",
    "GroupKind",
    "Right",
    "SignalGroup",
    "Site",
    "Stage",
    "Trailing",
    "shortest_max_red_ds",
    "together_bit",
    "transposed",
]
_YIELD_BOTH: Final = 0b0001


@dataclass(frozen=True, slots=True)
class Site:
    """One signal, changed at the cabinet only.

    `together[a][b]` holds the green pairs that groups a and b may show at once (bits of `together_bit`):
    COMPATIBLE for groups that never meet (and for a group with itself), CONFLICT for none, else a yield pair;
    where any pair of greens is listed, both may be PERMISSIVE. `intergreen_ds[a][b]` is the shortest time
    from the end of a's green to the start of b's, -1 where the two are COMPATIBLE. `steady` are lamps that
    always show one letter. After a fault the lamps flash, or with `fault_dark` are dark; the conflict monitor
    trips at the `debounce_frames`-th bad frame in a row, 3, or at the first where the authority forbids filtering, 0.
    All intervals are whole multiples of `resolution_ds`, the time between two settings of the lamps. `longer_hours` are
    the hours of longer clearance, by the clock on the wall of the time zone `zone`.
    """

    signal_id: str
    n_links: int
    groups: tuple[SignalGroup, ...]
    stages: tuple[Stage, ...]
    together: tuple[tuple[int, ...], ...]
    intergreen_ds: tuple[tuple[int, ...], ...]
    first_stage: int
    profile: str
    startup_flash_ds: int = 0
    startup_all_red_ds: int = 0
    red_revert_ds: int = 20
    resolution_ds: int = 1
    steady: tuple[tuple[int, str], ...] = ()
    trailing: tuple[Trailing, ...] = ()
    fault_dark: bool = False
    debounce_frames: int = DEBOUNCE_FRAMES[1]
    longer_hours: tuple[DayHours, ...] = ()
    zone: str = ""

    def __post_init__(self) -> None:
        self._check_shape()
        self._check_times()
        self._check_links()
        for g in range(len(self.groups)):
            if self.together[g][g] != COMPATIBLE or self.intergreen_ds[g][g] != -1:
                raise self._fail(f"group {self.groups[g].name} with itself needs {COMPATIBLE} and no intergreen, -1")
        for a, b in self.ordered_pairs():
            self._check_pair(a, b)
        for stage in self.stages:
            self._check_stage(stage)
        self._check_trailing()
        self._check_multiples()
        self._check_hours()
        self._check_service()

    def ordered_pairs(self) -> Iterator[tuple[int, int]]:
        """Yield each ordered pair of different groups."""
        n = len(self.groups)
        return ((a, b) for a in range(n) for b in range(n) if a != b)

    def allows(self, a: int, right_a: Right, b: int, right_b: Right) -> bool:
        """Return whether groups a and b may show these two greens together."""
        entry = self.together[a][b]
        return bool((entry | _YIELD_BOTH if entry else CONFLICT) & together_bit(right_a, right_b))

    def is_longer(self, weekday: int, minute: int) -> bool:
        """Return whether clearances are longer at a minute of a weekday (0 Monday)."""
        return any(hours.holds(weekday, minute) for hours in self.longer_hours)

    def conflicts(self, a: int, b: int) -> bool:
        """Return whether a and b never show green together."""
        return self.together[a][b] == CONFLICT

    def rota(self) -> Rota:
        """Return how everybody is served in turn when K4 rules."""
        parts = (self.groups, self.stages, self.intergreen_ds, self.trailing)
        return rota_for(*parts, self.red_revert_ds, self.resolution_ds)

    def _fail(self, text: str) -> InvalidInputError:
        return InvalidInputError(f"signal {self.signal_id}: {text}")

    def _late(self, text: str) -> InvalidTimingError:
        return InvalidTimingError(f"signal {self.signal_id}: {text}")

    def _check_shape(self) -> None:
        n = len(self.groups)
        if not all(isinstance(text, str) and text for text in (self.signal_id, self.profile)):
            raise self._fail("needs a signal id and the name of its safety profile")
        if not 1 <= n <= MAX_GROUPS or not self.stages:
            raise self._fail(f"needs 1 to {MAX_GROUPS} groups and a stage, got {n} and {len(self.stages)}")
        if len({group.name for group in self.groups}) != n:
            raise self._fail("two groups have the same name")
        for name, matrix in (("together", self.together), ("intergreen_ds", self.intergreen_ds)):
            if len(matrix) != n or any(len(row) != n for row in matrix):
                raise self._fail(f"{name} is not a {n} by {n} matrix")
        if not is_whole(self.first_stage, (0, len(self.stages) - 1)):
            raise self._fail(f"first stage {self.first_stage} does not exist")

    def _check_times(self) -> None:
        if type(self.fault_dark) is not bool or type(self.debounce_frames) is not int:
            raise self._fail("fault_dark is true or false, and debounce_frames a whole number")
        if self.debounce_frames not in DEBOUNCE_FRAMES:
            raise self._fail(f"debounce_frames is one of {DEBOUNCE_FRAMES}, not {self.debounce_frames}")
        for field, bounds in (
            ("resolution_ds", RESOLUTION_DS),
            ("startup_flash_ds", STARTUP_FLASH_DS),
            ("startup_all_red_ds", STARTUP_ALL_RED_DS),
            ("red_revert_ds", RED_REVERT_DS),
        ):
            value = getattr(self, field)
            if not is_whole(value, bounds):
                raise self._late(f"need {bounds[0]} <= {field} <= {bounds[1]} ds, got {value}")

    def _check_links(self) -> None:
        named = [k for group in self.groups for k in group.links] + [k for k, _ in self.steady]
        if not all(type(k) is int for k in (self.n_links, *named)) or sorted(named) != list(range(self.n_links)):
            raise self._fail(f"every link below {self.n_links} needs exactly one group or steady letter")
        for link, letter in self.steady:
            if letter not in STEADY_LETTERS:
                raise self._fail(f"link {link} cannot show '{letter}' at all times")

    def _check_pair(self, a: int, b: int) -> None:
        entry, gap_ds = self.together[a][b], self.intergreen_ds[a][b]
        one, other = self.groups[a], self.groups[b]
        names = f"{one.name} -> {other.name}"
        if not is_whole(entry, (CONFLICT, COMPATIBLE)) or entry != transposed(self.together[b][a]):
            raise self._fail(f"the conflict matrix is not symmetric for {names}")
        if entry == COMPATIBLE:
            if gap_ds != -1:
                raise self._fail(f"{names} never meet, but have an intergreen")
            return
        if one.kind is not other.kind and self.allows(a, Right.PROTECTED, b, Right.PROTECTED):
            raise self._fail(f"{names}: vehicles that meet walkers have to yield to them")
        bounds = (max(one.after_green_ds, INTERGREEN_DS[0]), INTERGREEN_DS[1])
        if not is_whole(gap_ds, bounds):
            raise self._late(f"intergreen {names} is {gap_ds} ds, needs {bounds[0]} to {bounds[1]}")

    def _check_stage(self, stage: Stage) -> None:
        if not isinstance(stage.name, str) or not stage.name:
            raise self._fail(f"a stage needs a name, got {stage.name!r}")
        if len(stage.rights) != len(self.groups) or not all(isinstance(r, Right) for r in stage.rights):
            raise self._fail(f"stage {stage.name} needs a right for each of {len(self.groups)} groups")
        green = [g for g, right in enumerate(stage.rights) if right.is_green]
        for a in green:
            for b in green:
                if a < b and not self.allows(a, stage.rights[a], b, stage.rights[b]):
                    names = f"{self.groups[a].name} and {self.groups[b].name}"
                    raise self._fail(f"stage {stage.name} shows {names} green together")

    def _check_trailing(self) -> None:
        groups = (0, len(self.groups) - 1)
        for t in self.trailing:
            known = is_whole(t.feeder, groups) and is_whole(t.inner, groups) and t.feeder != t.inner
            if not known or not is_whole(t.lag_ds, LAG_DS):
                raise self._fail(f"trailing rule {t} is out of range")

    def _check_hours(self) -> None:
        longer = any(group.longer_ds for group in self.groups)
        if longer is not bool(self.longer_hours) or not (isinstance(self.zone, str) and bool(self.zone) is longer):
            raise self._fail(
                "a clearance that is longer at some hours needs the hours and their time zone, no other does"
            )
        if self.zone:
            zone_of(self.zone)

    def _check_multiples(self) -> None:
        own_ds = (self.startup_flash_ds, self.startup_all_red_ds, self.red_revert_ds)
        gaps_ds = [self.intergreen_ds[a][b] for a, b in self.ordered_pairs() if self.together[a][b] != COMPATIBLE]
        checked = [("start-up or intergreen", (*own_ds, *gaps_ds, *(t.lag_ds for t in self.trailing)))]
        checked += [(f"group {group.name}", group.times_ds) for group in self.groups]
        for name, times_ds in checked:
            if any(time_ds % self.resolution_ds for time_ds in times_ds):
                raise self._late(f"times of {name} are no multiples of {self.resolution_ds} ds")

    def _check_service(self) -> None:
        """Refuse a maximum red that K4 could not keep with everybody calling."""
        rota = self.rota()
        for group, home in zip(self.groups, rota.home, strict=True):
            if home >= 0 and group.max_red_ds < rota.bound_ds:
                raise self._late(
                    f"group {group.name} promises green within {group.max_red_ds} ds, but to serve all "
                    f"groups in turn takes up to {rota.bound_ds} ds; raise max_red_ds (see "
                    f"shortest_max_red_ds), or use fewer stages or shorter times"
                )
