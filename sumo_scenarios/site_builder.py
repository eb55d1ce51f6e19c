"""From a signal's programmes and foes to its site: groups, stages, conflict matrix and intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import AMBER_RANGE_S, MAX_RED_RANGE_S, SafetyProfile
from signal_ctrl.domain.site import (
    COMPATIBLE,
    GroupKind,
    Right,
    SignalGroup,
    Site,
    Stage,
    shortest_max_red_ds,
    together_bit,
    transposed,
)
from signal_ctrl.domain.timing import ceil_ds
from sumo_scenarios.clearance import Clearances, clearances_of
from sumo_scenarios.foes import LinkFoes, link_foes
from sumo_scenarios.inner_storage import trailing_rules
from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.programmes import GREENS, Programme, Step

SHORTEST_STAGE_S: Final = 5.0
_RIGHTS: Final = {"G": Right.PROTECTED, "g": Right.PERMISSIVE, "s": Right.STOP}


@dataclass(frozen=True, slots=True)
class BuiltSite:
    """A site, the stages of each programme in force (indices), and what a user should know."""

    site: Site
    stages_of: dict[str, tuple[int, ...]]
    foes: LinkFoes
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignalSource:
    """What a site is built from."""

    signal: str
    net: Net
    connections: tuple[Connection, ...]
    programmes: tuple[Programme, ...]
    profile: SafetyProfile
    engineered: bool
    quantum_ds: int

    @property
    def n_links(self) -> int:
        """Lamps of the signal."""
        return len(self.programmes[0].steps[0].state)

    def connections_of(self, link: int) -> tuple[Connection, ...]:
        """Return the connections that share a lamp."""
        return tuple(c for c in self.connections if c.link == link)


def build_site(source: SignalSource) -> BuiltSite:
    """Return the site of a signal.

    Raises: InvalidInputError if two links that cross have priority green together, or the site would not be valid.
    """
    foes = link_foes(source.net, source.connections)
    notices = _check_greens(source, foes)
    steady = _steady(source)
    members = _groups(source, {link for link, _ in steady})
    clearances = clearances_of(source, foes)
    stages, stages_of = _stages(source, members)
    groups = tuple(_group(source, f"g{i + 1}", links, clearances) for i, links in enumerate(members))
    together = _together(source, members, foes)
    intergreen_ds = _intergreens(source, groups, together, clearances)
    trailing = trailing_rules(source.net, source.connections, members, source.quantum_ds)
    least_ds = shortest_max_red_ds(groups, stages, intergreen_ds, trailing, source.quantum_ds * 2)
    groups = tuple(_with_max_red(group, least_ds, source.quantum_ds) for group in groups)
    site = Site(
        signal_id=source.signal,
        n_links=source.n_links,
        groups=groups,
        stages=stages,
        together=together,
        intergreen_ds=intergreen_ds,
        first_stage=0,
        profile=source.profile.name,
        startup_flash_ds=ceil_ds(source.profile.startup_flash_s, source.quantum_ds),
        startup_all_red_ds=ceil_ds(source.profile.startup_all_red_s, source.quantum_ds),
        red_revert_ds=ceil_ds(2.0, source.quantum_ds),
        resolution_ds=source.quantum_ds,
        steady=steady,
        trailing=trailing,
    )
    return BuiltSite(site, stages_of, foes, notices)


def _steps(source: SignalSource) -> list[Step]:
    return [step for programme in source.programmes for step in programme.steps]


def _check_greens(source: SignalSource, foes: LinkFoes) -> tuple[str, ...]:
    """Refuse crossing paths with priority green together; say which merges a programme lets go together."""
    merges = set()
    for step in _steps(source):
        for i, j in foes.pairs:
            if step.state[i] == step.state[j] == "G":
                if (i, j) not in foes.merging:
                    raise InvalidInputError(
                        f"signal {source.signal}: links {i} and {j} cross, but its programme gives both priority green (G) "
                        f"in '{step.state}'; make one of them yield (g)"
                    )
                merges.add((i, j))
    if not merges:
        return ()
    names = ", ".join(f"{i}+{j}" for i, j in sorted(merges))
    return (f"signal {source.signal}: links {names} merge into one lane with priority green (G) both: kept as yield pairs",)


def _steady(source: SignalSource) -> tuple[tuple[int, str], ...]:
    """Return the links that show blinking or nothing at all times."""
    columns = ["".join(step.state[k] for step in _steps(source)) for k in range(source.n_links)]
    return tuple((k, column[0]) for k, column in enumerate(columns) if set(column) in ({"o"}, {"O"}))


def _groups(source: SignalSource, steady: set[int]) -> tuple[tuple[int, ...], ...]:
    """Return links that share a lamp: the same letters in every step of every programme in force, the same kind."""
    found: dict[tuple[str, bool], list[int]] = {}
    for k in range(source.n_links):
        if k not in steady:
            column = "".join(step.state[k] for step in _steps(source))
            found.setdefault((column, _is_crossing(source, k)), []).append(k)
    return tuple(tuple(links) for links in found.values())


def _is_crossing(source: SignalSource, link: int) -> bool:
    own = source.connections_of(link)
    return bool(own) and all(is_crossing(source.net, c) for c in own)


def is_crossing(net: Net, connection: Connection) -> bool:
    """Return whether a connection leads onto a pedestrian crossing."""
    lane = net.lanes.get(connection.to_lane)
    return lane is not None and net.edges[lane.edge_id].function == "crossing"


def _stages(
    source: SignalSource, members: Sequence[tuple[int, ...]]
) -> tuple[tuple[Stage, ...], dict[str, tuple[int, ...]]]:
    stages: dict[tuple[Right, ...], int] = {}
    stages_of = {}
    for programme in source.programmes:
        kept = _kept(programme, members)
        stages_of[programme.programme_id] = tuple(stages.setdefault(rights, len(stages)) for rights in kept)
    if not stages:
        raise InvalidInputError(f"signal {source.signal}: no step of its programme shows green without amber")
    return tuple(Stage(f"s{i + 1}", rights) for i, rights in enumerate(stages)), stages_of


def _kept(programme: Programme, members: Sequence[tuple[int, ...]]) -> list[tuple[Right, ...]]:
    """Return the rights of a programme's stages: steps long enough, and those that alone serve somebody; none twice."""
    candidates = [
        (step.longest_s, tuple(_RIGHTS.get(step.state[links[0]], Right.NONE) for links in members))
        for step in programme.steps
        if step.is_stage
    ]
    kept = [rights for longest_s, rights in candidates if longest_s >= SHORTEST_STAGE_S]
    for _, rights in sorted(candidates, key=lambda item: -item[0]):
        served = {g for row in kept for g, right in enumerate(row) if right.is_green}
        if {g for g, right in enumerate(rights) if right.is_green} - served:
            kept.append(rights)
    distinct = list(dict.fromkeys(kept))
    return [rights for rights in distinct if not any(_within(rights, other) for other in distinct)]


def _within(rights: tuple[Right, ...], other: tuple[Right, ...]) -> bool:
    """Return whether another stage gives everybody at least as much: this one is a step on the way to or from it."""
    return rights != other and all(a <= b for a, b in zip(rights, other, strict=True))


def _group(source: SignalSource, name: str, links: tuple[int, ...], clearances: Clearances) -> SignalGroup:
    profile, quantum_ds = source.profile, source.quantum_ds
    max_green_ds = ceil_ds(profile.max_green_s, quantum_ds)
    if _is_crossing(source, links[0]):
        length_m = max(source.net.lanes[c.to_lane].length_m for k in links for c in source.connections_of(k))
        return SignalGroup(
            name, GroupKind.CROSSING, links, 0, ceil_ds(profile.walk_s, quantum_ds), max_green_ds,
            ceil_ds(profile.ped_max_red_s, quantum_ds),
            clearance_ds=max(ceil_ds(length_m / profile.ped_speed_mps, quantum_ds), quantum_ds),
            buffer_ds=ceil_ds(profile.ped_buffer_s, quantum_ds),
        )  # fmt: skip
    amber_s = min(max(clearances.amber_s[k] for k in links), AMBER_RANGE_S[1])
    amber_ds = ceil_ds(amber_s, quantum_ds)
    return SignalGroup(
        name, GroupKind.VEHICLE, links, min(amber_ds, 60 // quantum_ds * quantum_ds),
        ceil_ds(profile.min_green_s, quantum_ds), max_green_ds, ceil_ds(profile.max_red_s, quantum_ds),
    )  # fmt: skip


def _with_max_red(group: SignalGroup, least_ds: int, quantum_ds: int) -> SignalGroup:
    from dataclasses import replace

    raised_ds = max(group.max_red_ds, math.ceil(least_ds / quantum_ds) * quantum_ds)
    return replace(group, max_red_ds=min(raised_ds, int(MAX_RED_RANGE_S[1] * 10)))


def _together(
    source: SignalSource, members: Sequence[tuple[int, ...]], foes: LinkFoes
) -> tuple[tuple[int, ...], ...]:
    n = len(members)
    matrix = [[COMPATIBLE] * n for _ in range(n)]
    for a in range(n):
        for b in range(a + 1, n):
            pairs = [(i, j) for i in members[a] for j in members[b] if (min(i, j), max(i, j)) in foes.pairs]
            if pairs:
                matrix[a][b] = _shown(source, members[a][0], members[b][0])
                matrix[b][a] = transposed(matrix[a][b])
    return tuple(map(tuple, matrix))


def _shown(source: SignalSource, i: int, j: int) -> int:
    entry = 0
    for step in _steps(source):
        if step.state[i] in GREENS and step.state[j] in GREENS:
            entry |= together_bit(_RIGHTS[step.state[i]], _RIGHTS[step.state[j]])
    return entry


def _intergreens(
    source: SignalSource,
    groups: Sequence[SignalGroup],
    together: tuple[tuple[int, ...], ...],
    clearances: Clearances,
) -> tuple[tuple[int, ...], ...]:
    n = len(groups)
    matrix = [[-1] * n for _ in range(n)]
    for a in range(n):
        for b in range(n):
            if a != b and together[a][b] != COMPATIBLE:
                own = groups[a]
                gap_s = max(clearances.gap_s(i, j) for i in own.links for j in groups[b].links)
                least_ds = max(own.amber_ds, own.clearance_ds + own.buffer_ds)
                matrix[a][b] = max(ceil_ds(gap_s, source.quantum_ds), least_ds)
    return tuple(map(tuple, matrix))
