"""Lamps of one frame: the string that SUMO is given, and the monitor's look at conflicts."""

from typing import Final

from signal_ctrl.domain.site import Right, Site
from signal_ctrl.kernel.aspects import GREENS, STOPS, Aspect
from signal_ctrl.kernel.state import Core, GroupState, Mode

_LETTER: Final = {
    Aspect.RED: "r",
    Aspect.RED_AMBER: "u",
    Aspect.AMBER: "y",
    Aspect.PED_CLEAR: "r",
    Aspect.DONT_WALK: "r",
    Aspect.FLASH_AMBER: "o",
    Aspect.FLASH_RED: "r",
    Aspect.DARK: "O",
}


def sumo_state(site: Site, core: Core) -> str:
    """Return the state string, one letter a link, that SUMO shows for this frame."""
    letters = ["r"] * site.n_links
    for link, letter in site.steady:
        letters[link] = letter
    arrows = site.stages[core.stage].rights if core.mode is Mode.RUNNING and not core.claims.all_red else None
    for g, (group, state) in enumerate(zip(site.groups, core.groups, strict=True)):
        letter = _letter(state, arrows is not None and arrows[g] is Right.STOP)
        for link in group.links:
            letters[link] = letter
    return "".join(letters)


def _letter(state: GroupState, arrow: bool) -> str:
    if state.aspect in GREENS:
        return "G" if state.right is Right.PROTECTED else "g"
    return "s" if arrow and state.aspect is Aspect.RED else _LETTER[state.aspect]


def breaches(site: Site, core: Core) -> tuple[str, ...]:
    """Return what this frame shows against K1: pairs of groups that may not be lit so together."""
    found = []
    lit = [state.aspect in GREENS for state in core.groups]
    stopped = [state.aspect in STOPS for state in core.groups]
    shown = [g for g, green in enumerate(lit) if green or not stopped[g]]  # who is stopped breaks nothing
    for a in [g for g in shown if lit[g]]:
        for b in shown:
            if a == b:
                continue
            other = core.groups[b]
            wrong_pair = lit[b] and not site.allows(a, core.groups[a].right, b, other.right)
            if wrong_pair or not (stopped[b] or site.together[a][b]):
                found.append(f"{site.groups[a].name} green, {site.groups[b].name} {other.aspect.value}")
    return tuple(found)
