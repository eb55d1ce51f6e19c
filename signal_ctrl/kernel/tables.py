"""What the kernel derives once from a site."""

from dataclasses import dataclass

from signal_ctrl.domain.site import COMPATIBLE, CONFLICT, GroupKind, Right, Site, Trailing
from signal_ctrl.domain.site_rota import Rota, feeders_first


@dataclass(frozen=True, slots=True)
class Tables:
    """Derived from a site; indices are groups. [ds]

    `partners[g]` are the groups that g may not always meet, `opponents[g]` a bit mask of those that it never
    meets; `meets[a][g][ra][rg]` says that a and g may show these rights together; `gives_way[g]` are the
    crossings that g, if it is for vehicles, may meet; `leads` are the groups that have to let one go ahead, `longer`
    the crossings that have a longer clearance at some hours; `served_by[g]` are the stages that give g green;
    `clear_ds[g]` is how long after its end a green of g holds up anybody; `lag_ds[g]` the longest lag of g behind a
    feeder; `trailing` the rules for inner storage, feeders first.
    """

    site: Site
    crossing: tuple[bool, ...]
    partners: tuple[tuple[int, ...], ...]
    opponents: tuple[int, ...]
    meets: tuple[tuple[tuple[tuple[bool, ...], ...], ...], ...]
    gives_way: tuple[tuple[int, ...], ...]
    leads: tuple[int, ...]
    longer: tuple[int, ...]
    served_by: tuple[tuple[int, ...], ...]
    clear_ds: tuple[int, ...]
    lag_ds: tuple[int, ...]
    trailing: tuple[Trailing, ...]
    rota: Rota


def tables_for(site: Site) -> Tables:
    """Return the tables of a site."""
    n = range(len(site.groups))
    return Tables(
        site=site,
        crossing=tuple(group.kind is GroupKind.CROSSING for group in site.groups),
        partners=tuple(tuple(a for a in n if site.together[a][g] != COMPATIBLE) for g in n),
        opponents=tuple(sum(1 << b for b in n if site.conflicts(g, b)) for g in n),
        meets=tuple(tuple(_meets(site, a, g) for g in n) for a in n),
        gives_way=tuple(tuple(a for a in n if _gives_way(site, g, a)) for g in n),
        leads=tuple(g for g in n if any(_gives_way(site, g, a) and site.groups[a].lead_ds for a in n)),
        longer=tuple(g for g in n if site.groups[g].longer_ds),
        served_by=tuple(tuple(s for s, stage in enumerate(site.stages) if stage.rights[g].is_green) for g in n),
        clear_ds=tuple(max(group.after_green_ds, *site.intergreen_ds[g]) for g, group in enumerate(site.groups)),
        lag_ds=tuple(max((t.lag_ds for t in site.trailing if t.inner == g), default=0) for g in n),
        trailing=feeders_first(site.trailing),
        rota=site.rota(),
    )


def _gives_way(site: Site, g: int, a: int) -> bool:
    """Return whether g is for vehicles, and meets the people of crossing a while both are green."""
    kinds = (site.groups[g].kind, site.groups[a].kind)
    return kinds == (GroupKind.VEHICLE, GroupKind.CROSSING) and site.together[a][g] not in (CONFLICT, COMPATIBLE)


def _meets(site: Site, a: int, g: int) -> tuple[tuple[bool, ...], ...]:
    return tuple(tuple(_may_meet(site, a, right_a, g, right_g) for right_g in Right) for right_a in Right)


def _may_meet(site: Site, a: int, right_a: Right, g: int, right_g: Right) -> bool:
    if not (right_a.is_green and right_g.is_green):
        return True
    return site.allows(a, right_a, g, right_g)
