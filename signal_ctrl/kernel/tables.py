"""What the kernel derives once from a site."""

from dataclasses import dataclass

from signal_ctrl.domain.site import COMPATIBLE, GroupKind, Right, Site

_GREENS = (Right.PERMISSIVE, Right.PROTECTED)


@dataclass(frozen=True, slots=True)
class Tables:
    """Derived from a site; indices are groups.

    `partners[g]` are the groups that g may meet; `exempt[a][g][r]` says that g may take right r without waiting for
    a's intergreen (a state that both may share); `switch_ds` is the longest time from a wish to the end of the minimum
    green that answers it.
    """

    site: Site
    crossing: tuple[bool, ...]
    partners: tuple[tuple[int, ...], ...]
    exempt: tuple[tuple[tuple[bool, ...], ...], ...]
    feeders: tuple[tuple[tuple[int, int], ...], ...]
    served_by: tuple[tuple[int, ...], ...]
    switch_ds: int


def tables_for(site: Site) -> Tables:
    """Return the tables of a site."""
    n = range(len(site.groups))
    rights = tuple(Right)
    longest_gap_ds = max((max(row) for row in site.intergreen_ds), default=0)
    longest_trail_ds = max((t.lag_ds for t in site.trailing), default=0)
    longest_green_ds = max(group.min_green_ds for group in site.groups)
    red_ds = max(longest_gap_ds, max(g.amber_ds for g in site.groups) + site.red_revert_ds)
    return Tables(
        site=site,
        crossing=tuple(group.kind is GroupKind.CROSSING for group in site.groups),
        partners=tuple(tuple(a for a in n if a != g and site.together[a][g] != COMPATIBLE) for g in n),
        exempt=tuple(tuple(tuple(_exempt(site, a, g, r) for r in rights) for g in n) for a in n),
        feeders=tuple(tuple((t.feeder, t.lag_ds) for t in site.trailing if t.inner == g) for g in n),
        served_by=tuple(tuple(s for s, stage in enumerate(site.stages) if stage.rights[g].is_green) for g in n),
        switch_ds=red_ds + longest_green_ds + longest_trail_ds,
    )


def _exempt(site: Site, a: int, g: int, right: Right) -> bool:
    return right.is_green and any(site.allows(a, other, g, right) for other in _GREENS)
