"""How everybody is served in turn: the longest red that K4 can promise, and the stages that keep it."""

from collections.abc import Sequence
from dataclasses import dataclass

from signal_ctrl.domain.site_parts import MAX_RED_DS, RED_REVERT_DS, SignalGroup, Stage, Trailing


def feeders_first(trailing: Sequence[Trailing]) -> tuple[Trailing, ...]:
    """Return the rules that count, in an order in which a feeder is settled before what it feeds.

    >>> [t.inner for t in feeders_first([Trailing(1, 2, 5), Trailing(0, 1, 5), Trailing(2, 0, 5)])]
    [1, 2]
    """
    above: dict[int, set[int]] = {}
    kept = []
    for rule in trailing:
        sources = {rule.feeder} | above.get(rule.feeder, set())
        if rule.inner in sources:
            continue
        kept.append(rule)
        for group in {rule.inner} | {g for g, found in above.items() if rule.inner in found}:
            above[group] = above.get(group, set()) | sources
    return tuple(sorted(kept, key=lambda rule: len(above[rule.inner])))


@dataclass(frozen=True, slots=True)
class Rota:
    """How everybody is served in turn when K4 rules; indices are groups and stages. [ds]

    `home[g]` is the stage that serves g (-1: no stage does); the homes are few stages that serve everybody.
    `out_ds[s]` is the longest time from the decision to leave stage s until nobody has to wait for its
    groups, `any_ds` the same from whatever is lit; `frame_ds` is the time from one frame to the next.
    """

    home: tuple[int, ...]
    out_ds: tuple[int, ...]
    any_ds: int
    frame_ds: int

    @property
    def bound_ds(self) -> int:
        """Longest time from a call to the start of green, with everybody calling, whatever the wishes. [ds]

        One frame more than the queue of K4 takes, for the frame in which a start-up begins its first stage.
        """
        turns_ds = [self.out_ds[s] + self.frame_ds for s in set(self.home) if s >= 0]
        return self.any_ds + 2 * self.frame_ds + sum(turns_ds) - min(turns_ds, default=0)


def rota_for(
    groups: Sequence[SignalGroup],
    stages: Sequence[Stage],
    intergreen_ds: Sequence[Sequence[int]],
    trailing: Sequence[Trailing],
    red_revert_ds: int,
    frame_ds: int,
) -> Rota:
    """Return the rota of groups and stages whose shapes fit."""
    hold_ds = [group.min_green_ds for group in groups]
    for rule in feeders_first(trailing):
        hold_ds[rule.inner] = max(hold_ds[rule.inner], hold_ds[rule.feeder] + rule.lag_ds)
    way_ds = [
        max(group.after_green_ds + red_revert_ds, *gaps_ds) + group.longer_ds
        for group, gaps_ds in zip(groups, intergreen_ds, strict=True)
    ]
    served = [{g for g, right in enumerate(stage.rights) if right.is_green} for stage in stages]
    lead_ds = max(group.lead_ds for group in groups)
    out_ds = tuple(
        lead_ds + max((hold_ds[g] for g in members), default=0) + max((way_ds[g] for g in members), default=0)
        for members in served
    )
    return Rota(_homes(served, out_ds, len(groups)), out_ds, max(hold_ds) + max(way_ds) + lead_ds, frame_ds)


def _homes(served: Sequence[set[int]], out_ds: Sequence[int], n_groups: int) -> tuple[int, ...]:
    """Return a stage for each group, few and quick ones; -1 where none serves it."""
    open_groups = set().union(*served)
    cover: list[int] = []
    while open_groups:
        best = max(range(len(served)), key=lambda s: (len(served[s] & open_groups) / (1 + out_ds[s]), -s))
        cover.append(best)
        open_groups -= served[best]
    for s in sorted(cover, key=lambda s: -out_ds[s]):
        others = [served[other] for other in cover if other != s]
        if served[s] <= set().union(*others):
            cover.remove(s)
    return tuple(next((s for s in cover if g in served[s]), -1) for g in range(n_groups))


def shortest_max_red_ds(
    groups: Sequence[SignalGroup],
    stages: Sequence[Stage],
    intergreen_ds: Sequence[Sequence[int]],
    trailing: Sequence[Trailing] = (),
    frame_ds: int = 1,
    red_revert_ds: int | None = None,
) -> int:
    """Return the shortest maximum red that a site of these parts can promise to each of its groups. [ds]

    `frame_ds` is the time between two frames (a longer one gives a longer bound), `red_revert_ds` that of the
    site (by default the shortest allowed, in whole frames). A site whose groups promise less is refused.
    """
    if red_revert_ds is None:
        red_revert_ds = -(-RED_REVERT_DS[0] // frame_ds) * frame_ds
    bound_ds = rota_for(groups, stages, intergreen_ds, trailing, red_revert_ds, frame_ds).bound_ds
    return max(MAX_RED_DS[0], -(-bound_ds // frame_ds) * frame_ds)
