"""A programme as a timing: its stages, splits, cycle and offset, to be kept by our kernel."""

from optimiser.network_plan import Timing
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Right, Site
from sumo_scenarios.programmes import GREENS, Programme
from sumo_scenarios.stages import RIGHTS
from sumo_scenarios.world import SignalUnit


def net_timing(unit: SignalUnit) -> Timing:
    """Return the timing of a signal's programme in force at the begin. Raises: as `programme_timing`."""
    return programme_timing(unit.programmes[0][1], unit.site)


def programme_timing(programme: Programme, site: Site) -> Timing:
    """Return the timing of a programme, found from what it shows.

    A split begins where the greens of the stage before end and lasts until its own do; its amber belongs to the next.
    Raises: InvalidInputError if it has none: an actuated programme, or stages that the site does not have.
    """
    if programme.kind != "static" or any(step.following for step in programme.steps):
        raise InvalidInputError(f"the programme of signal {site.signal_id} has no fixed times")
    rows = _stage_rows(programme, site)
    if len({stage for _, stage in rows}) < 2:
        raise InvalidInputError(f"the programme of signal {site.signal_id} shows less than two stages of its site")
    ends_s, now_s = [], 0.0
    for step in programme.steps:
        now_s += step.duration_s
        ends_s.append(now_s)
    cycle_s = round(now_s)
    stops_s = [round(ends_s[row]) for row, _ in rows]
    splits_s = [stop - before for before, stop in zip([stops_s[-1] - cycle_s, *stops_s[:-1]], stops_s, strict=True)]
    offset_s = round(programme.offset_s) + stops_s[-1] - cycle_s
    return Timing(tuple(stage for _, stage in rows), tuple(splits_s), offset_s % cycle_s)


def _stage_rows(programme: Programme, site: Site) -> list[tuple[int, int]]:
    """Return (row, stage) of the rows that show a stage; of rows with the same stage one after the other, the last."""
    shown = [stage_of(step.state, site) for step in programme.steps]
    rows = [(row, stage) for row, stage in enumerate(shown) if stage is not None]
    kept = [pair for pair, after in zip(rows, [*rows[1:], *rows[:1]], strict=True) if pair[1] != after[1]]
    return kept or rows[:1]


def stage_of(state: str, site: Site) -> int | None:
    """Return the stage (index) that a state string shows, None if it is none or somebody is on the way."""
    rights = tuple(RIGHTS.get(state[group.links[0]], Right.NONE) for group in site.groups)
    ambers = any(letter in "yYu" for letter in state)
    if ambers or not GREENS & set(state):
        return None
    return next((s for s, stage in enumerate(site.stages) if stage.rights == rights), None)
