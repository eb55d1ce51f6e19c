"""Stages that no programme has: one approach alone, so that whoever turns left across the oncoming stream may go.

Where a lane leads ahead and to the left and has to yield, the first who waits for a gap stops all behind him. A
programme of few stages has nothing better for such a street; these stages do. Adaptive control may choose them beside
those of the programme; plans and the controllers held against it do not. They serve vehicles only.
"""

from collections.abc import Sequence

from signal_ctrl.domain.site import COMPATIBLE, GroupKind, Right, SignalGroup, Stage
from sumo_scenarios.foes import LinkFoes
from sumo_scenarios.inner_storage import storages
from sumo_scenarios.net_reader import Connection, bit
from sumo_scenarios.signal_source import SignalSource

Matrix = tuple[tuple[int, ...], ...]
Rights = tuple[Right, ...]


def approaches_of(source: SignalSource, link: int) -> tuple[str, ...]:
    """Return the edges that a lamp's vehicles come from, sorted; none for a crossing."""
    lanes = [c.from_lane for c in source.connections_of(link) if c.from_lane in source.net.lanes]
    return tuple(sorted({source.net.lanes[lane].edge_id for lane in lanes}))


def with_composed(
    source: SignalSource,
    foes: LinkFoes,
    groups: Sequence[SignalGroup],
    together: Matrix,
    stages: tuple[Stage, ...],
    by_programme: dict[str, tuple[int, ...]],
) -> tuple[tuple[Stage, ...], dict[str, tuple[int, ...]]]:
    """Return all stages with those composed at the end, and the composed ones that each programme gains (indices)."""
    composer = _Composer(source, foes, groups, together)
    found = {stage.rights: index for index, stage in enumerate(stages)}
    gained = {}
    for name, chosen in by_programme.items():
        own = [stages[s].rights for s in chosen]
        new = dict.fromkeys(found.setdefault(rights, len(found)) for rights in composer.compose(own))
        gained[name] = tuple(s for s in new if s not in chosen)
    return tuple(Stage(f"s{i + 1}", rights) for i, rights in enumerate(found)), gained


class _Composer:
    """The approaches of one signal, and who may go with whom."""

    def __init__(self, source: SignalSource, foes: LinkFoes, groups: Sequence[SignalGroup], together: Matrix) -> None:
        self._together = together
        self._n = len(groups)
        self._group_of = {link: g for g, group in enumerate(groups) for link in group.links}
        self._meets = foes.meets
        self._connections: list[list[Connection]] = [
            [c for link in group.links for c in source.connections_of(link)] for group in groups
        ]
        self._vehicle = [g for g, group in enumerate(groups) if group.kind is GroupKind.VEHICLE]
        self._net = source.net
        self._places = {source.net.place(c) for c in source.connections}
        self._clean = {g for g in self._vehicle if not self._meets_itself(g) and not self._meets_outsiders(g)}
        self._approaches: dict[str, list[int]] = {}
        for g in self._vehicle:
            for edge in {edge for link in groups[g].links for edge in approaches_of(source, link)}:
                self._approaches.setdefault(edge, []).append(g)
        self._mixed = {g for g in self._vehicle if sum(g in own for own in self._approaches.values()) != 1}
        ways = [(w.feeder.link, w.inner.link) for w in storages(source.net, source.connections)]
        known = [(a, b) for a, b in ways if a in self._group_of and b in self._group_of]
        self._onward = {(self._group_of[a], self._group_of[b]) for a, b in known}

    def compose(self, own: Sequence[Rights]) -> list[Rights]:
        """Return the stages that a programme of these stages lacks: approaches of which somebody has to yield in one.

        Approach alone, and one after the other those who meet nobody of it nor of each other. None that would leave
        somebody between two stop lines of the signal, none that is part of a stage of the programme, none for a
        programme without changes, and none in which anybody with priority could meet somebody who may go, be it under
        the same lamp, without a lamp, or at one that never shows red.
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
                if self._may_go(g, green):
                    green.append(g)
            if not set(members) <= set(green) or any(f in green and i not in green for f, i in self._onward):
                continue
            plain = tuple(Right.PROTECTED if g in green else Right.NONE for g in range(self._n))
            if not any(_within(plain, other) for other in own):
                made.append(tuple(self._right(g, green, arrows) for g in range(self._n)))
        return made

    def _may_go(self, group: int, green: Sequence[int]) -> bool:
        """Return whether a group may have priority beside those that have it."""
        apart = all(self._together[group][other] == COMPATIBLE for other in green)
        return apart and group in self._clean and group not in self._mixed

    def _meets_itself(self, group: int) -> bool:
        """Return whether somebody of a group meets another one of it, or one who has no lamp that could stop him."""
        met = {other for c in self._connections[group] for other in self._meets.get(c, ())}
        return any(self._group_of.get(other.link, group) == group for other in met)

    def _meets_outsiders(self, group: int) -> bool:
        """Return whether a group meets anybody at its junctions whom this signal does not control."""
        for connection in self._connections[group]:
            place = self._net.place(connection)
            if place is None:
                return True
            foes = self._net.junctions[place[0]].foes[place[1]]
            if any(bit(foes, j) and (place[0], j) not in self._places for j in range(len(foes))):
                return True
        return False

    def _right(self, group: int, green: Sequence[int], arrows: set[int]) -> Right:
        if group in green:
            return Right.PROTECTED
        led_on = [inner for feeder, inner in self._onward if feeder == group]
        return Right.STOP if group in arrows and set(led_on) <= set(green) else Right.NONE


def _within(rights: Rights, other: Rights) -> bool:
    return all(a <= b for a, b in zip(rights, other, strict=True))
