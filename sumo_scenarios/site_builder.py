"""From a signal's programmes and foes to its site: groups, stages, conflict matrix and intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import AMBER_RANGE_S, MAX_RED_RANGE_S
from signal_ctrl.domain.site import (
    COMPATIBLE,
    GroupKind,
    SignalGroup,
    Site,
    shortest_max_red_ds,
    together_bit,
    transposed,
)
from signal_ctrl.domain.site_parts import MAX_GROUPS
from signal_ctrl.domain.timing import ceil_ds
from sumo_scenarios.clearance import Clearances, clearances_of
from sumo_scenarios.composed_stages import approaches_of, with_composed
from sumo_scenarios.foes import LinkFoes, link_foes
from sumo_scenarios.inner_storage import trailing_rules
from sumo_scenarios.programmes import GREENS
from sumo_scenarios.signal_source import LeftAloneError, SignalSource
from sumo_scenarios.stages import RIGHTS, stages_of
from sumo_scenarios.walking_options import walking_options
from sumo_scenarios.xml_input import parse_time_s

RED_REVERT_S: Final = 2.0
MAX_RED_KEY: Final = "signal-ctrl.max_red_s"
"""Parameter of a programme: the longest red that the site is to promise, where it is longer than the profile's. [s]"""
_BLINKS: Final = frozenset("oO")


@dataclass(frozen=True, slots=True)
class BuiltSite:
    """A site, the stages of each programme in force and those composed beside them (indices), and what a user should
    know.
    """

    site: Site
    stages_of: dict[str, tuple[int, ...]]
    composed_of: dict[str, tuple[int, ...]]
    foes: LinkFoes
    notices: tuple[str, ...]


def build_site(source: SignalSource) -> BuiltSite:
    """Return the site of a signal.

    Raises: InvalidInputError if two links that cross have priority green together, or the site would not be valid;
    LeftAloneError if it has too many groups.
    """
    foes = link_foes(source.net, source.connections)
    notices = _check_greens(source, foes)
    steady, remarks = _steady(source)
    members = _groups(source, {link for link, _ in steady})
    if not 1 <= len(members) <= MAX_GROUPS:
        raise LeftAloneError(f"it has {len(members)} signal groups; 1 to {MAX_GROUPS} can be controlled")
    clearances = clearances_of(source, foes)
    stages, by_programme = stages_of(source, members)
    options = walking_options({k: v for own in source.programmes for k, v in own.parameters}, source.quantum_ds)
    groups = tuple(options.group(_group(source, f"g{i + 1}", k, clearances)) for i, k in enumerate(members))
    together = _together(source, members, foes)
    stages, composed = with_composed(source, foes, groups, together, stages, by_programme)
    stages, by_programme = options.stages(groups, stages, by_programme)
    intergreen_ds = _intergreens(source, groups, together, clearances)
    trailing = trailing_rules(source.net, source.connections, members, source.quantum_ds)
    least_ds = shortest_max_red_ds(groups, stages, intergreen_ds, trailing, source.quantum_ds * 2)
    least_ds = max(least_ds, _asked_max_red_ds(source))
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
        red_revert_ds=ceil_ds(RED_REVERT_S, source.quantum_ds),
        resolution_ds=source.quantum_ds,
        steady=tuple(steady),
        trailing=trailing,
        longer_hours=options.hours if any(group.longer_ds for group in groups) else (),
        zone=options.zone if any(group.longer_ds for group in groups) else "",
    )
    return BuiltSite(site, by_programme, composed, foes, (*notices, *remarks))


def _check_greens(source: SignalSource, foes: LinkFoes) -> list[str]:
    """Refuse crossing paths with priority green together; say which merges a programme lets go together."""
    merges = set()
    for step in source.steps:
        for i, j in foes.pairs:
            if step.state[i] == step.state[j] == "G":
                if (i, j) not in foes.merging:
                    raise InvalidInputError(_refusal(source, i, j, step.state))
                merges.add((i, j))
    if not merges:
        return []
    names = ", ".join(f"{i}+{j}" for i, j in sorted(merges))
    return [
        f"signal {source.signal}: links {names} merge into one lane with priority green (G) both: kept as yield pairs"
    ]


def _refusal(source: SignalSource, i: int, j: int, state: str) -> str:
    if i == j:
        return (
            f"signal {source.signal}: connections that cross share link {i}, and its programme gives it priority "
            f"green (G) in '{state}'; give them links of their own, or let them yield (g)"
        )
    return (
        f"signal {source.signal}: links {i} and {j} cross, but its programme gives both priority green (G) "
        f"in '{state}'; make one of them yield (g)"
    )


def _steady(source: SignalSource) -> tuple[list[tuple[int, str]], list[str]]:
    """Return the links that blink, or show nothing, whenever they do not show red; and what to say of them."""
    steady, notices = [], []
    for k in range(source.n_links):
        letters = set(source.column(k))
        shown = letters & _BLINKS
        if not shown or letters & GREENS:
            continue
        letter = "o" if "o" in shown else "O"
        steady.append((k, letter))
        if letters != shown:
            notices.append(f"signal {source.signal}: link {k} is never green and shows '{letter}' at all times")
    return steady, notices


def _groups(source: SignalSource, steady: set[int]) -> tuple[tuple[int, ...], ...]:
    """Return links that share a lamp: the same letters in every row of every programme in force, kind and approach."""
    found: dict[tuple[str, bool, tuple[str, ...]], list[int]] = {}
    for k in range(source.n_links):
        if k not in steady:
            key = (source.column(k), source.is_crossing(k), approaches_of(source, k))
            found.setdefault(key, []).append(k)
    return tuple(tuple(links) for links in found.values())


def _group(source: SignalSource, name: str, links: tuple[int, ...], clearances: Clearances) -> SignalGroup:
    profile, quantum_ds = source.profile, source.quantum_ds
    max_green_ds = ceil_ds(profile.max_green_s, quantum_ds)
    if source.is_crossing(links[0]):
        length_m = max(source.net.crossing_length_m(c) for k in links for c in source.connections_of(k))
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


def _asked_max_red_ds(source: SignalSource) -> int:
    """Return the longest red that the programmes ask for, 0 for none. [ds] Raises: InvalidInputError for no time."""
    asked = [value for own in source.programmes for key, value in own.parameters if key == MAX_RED_KEY]
    return max((ceil_ds(parse_time_s(value), source.quantum_ds) for value in asked), default=0)


def _with_max_red(group: SignalGroup, least_ds: int, quantum_ds: int) -> SignalGroup:
    longest_ds = int(MAX_RED_RANGE_S[1] * 10) // quantum_ds * quantum_ds
    raised_ds = max(group.max_red_ds, -(-least_ds // quantum_ds) * quantum_ds)
    return replace(group, max_red_ds=min(raised_ds, longest_ds))


def _together(source: SignalSource, members: Sequence[tuple[int, ...]], foes: LinkFoes) -> tuple[tuple[int, ...], ...]:
    n = len(members)
    matrix = [[COMPATIBLE] * n for _ in range(n)]
    for a in range(n):
        for b in range(a + 1, n):
            if any((min(i, j), max(i, j)) in foes.pairs for i in members[a] for j in members[b]):
                matrix[a][b] = _shown(source, members[a][0], members[b][0])
                matrix[b][a] = transposed(matrix[a][b])
    return tuple(map(tuple, matrix))


def _shown(source: SignalSource, i: int, j: int) -> int:
    entry = 0
    for step in source.steps:
        if step.state[i] in GREENS and step.state[j] in GREENS:
            entry |= together_bit(RIGHTS[step.state[i]], RIGHTS[step.state[j]])
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
                matrix[a][b] = max(ceil_ds(gap_s, source.quantum_ds), own.after_green_ds)
    return tuple(map(tuple, matrix))
