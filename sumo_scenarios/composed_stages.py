"""Stages that no programme has: one approach alone, so that whoever turns left across the oncoming stream may go.

Where a lane leads ahead and to the left and has to yield, the first who waits for a gap stops all behind him. A
programme of few stages has nothing better for such a street; these stages do. Adaptive control may choose them beside
those of the programme; plans and the controllers held against it do not. They serve vehicles only.
"""

from collections.abc import Sequence

from signal_ctrl.domain.site import COMPATIBLE, GroupKind, Right, SignalGroup, Stage
from sumo_scenarios.inner_storage import storages
from sumo_scenarios.signal_source import SignalSource

Matrix = tuple[tuple[int, ...], ...]


def approach_of(source: SignalSource, link: int) -> str:
    """Return the edge that a lamp's vehicles come from, nothing for a crossing."""
    own = source.connections_of(link)
    return source.net.lanes[own[0].from_lane].edge_id if own and own[0].from_lane in source.net.lanes else ""


def with_composed(
    source: SignalSource,
    groups: Sequence[SignalGroup],
    together: Matrix,
    stages: tuple[Stage, ...],
    by_programme: dict[str, tuple[int, ...]],
) -> tuple[tuple[Stage, ...], dict[str, tuple[int, ...]]]:
    """Return all stages with those composed at the end, and the composed ones that each programme gains (indices)."""
    composer = _Composer(source, groups, together)
    found = {stage.rights: index for index, stage in enumerate(stages)}
    gained = {}
    for name, chosen in by_programme.items():
        own = [stages[s].rights for s in chosen]
        new = [found.setdefault(rights, len(found)) for rights in composer.compose(own)]
        gained[name] = tuple(s for s in new if s not in chosen)
    return tuple(Stage(f"s{i + 1}", rights) for i, rights in enumerate(found)), gained


class _Composer:
    """The approaches of one signal, and who may go with whom."""

    def __init__(self, source: SignalSource, groups: Sequence[SignalGroup], together: Matrix) -> None:
        self._together = together
        self._vehicle = [g for g, group in enumerate(groups) if group.kind is GroupKind.VEHICLE]
        self._n = len(groups)
        self._approaches: dict[str, list[int]] = {}
        for g in self._vehicle:
            self._approaches.setdefault(approach_of(source, groups[g].links[0]), []).append(g)
        group_of = {link: g for g, group in enumerate(groups) for link in group.links}
        ways = [(w.feeder.link, w.inner.link) for w in storages(source.net, source.connections)]
        self._onward = {(group_of[a], group_of[b]) for a, b in ways if a in group_of and b in group_of}

    def compose(self, own: Sequence[tuple[Right, ...]]) -> list[tuple[Right, ...]]:
        """Return the stages that a programme of these stages lacks: approaches of which somebody has to yield in one.

        Approach alone, and whoever meets nobody of it. None that would leave somebody between two stop lines of the
        signal, none that is part of a stage of the programme, and none for a programme without changes.
        """
        if len(own) < 2:
            return []
        served = {g for rights in own for g in self._vehicle if rights[g].is_green}
        arrows = {g for rights in own for g in self._vehicle if rights[g] is Right.STOP}
        made = []
        for approach in self._approaches.values():
            members = [g for g in approach if g in served]
            if not any(rights[g] is Right.PERMISSIVE for rights in own for g in members):
                continue
            green: list[int] = []
            for g in (*members, *sorted(served.difference(members))):
                if all(self._together[g][other] == COMPATIBLE for other in green):
                    green.append(g)
            rights = tuple(self._right(g, green, arrows) for g in range(self._n))
            trapped = any(feeder in green and inner not in green for feeder, inner in self._onward)
            if set(members) <= set(green) and not trapped and not any(_within(rights, other) for other in own):
                made.append(rights)
        return made

    def _right(self, group: int, green: Sequence[int], arrows: set[int]) -> Right:
        if group in green:
            return Right.PROTECTED
        return Right.STOP if group in arrows else Right.NONE


def _within(rights: tuple[Right, ...], other: tuple[Right, ...]) -> bool:
    return all(a <= b for a, b in zip(rights, other, strict=True))
