"""From what the user names to signals with demand: scenarios and site documents, counts, runs and routes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from signal_ctrl.domain.site import Site
    from signal_ctrl.engine.split_values import Period, SignalDemand, SplitRules
    from sumo_scenarios.period_demand import Flows
    from sumo_scenarios.world import SignalUnit, World

_T = TypeVar("_T")
DEFAULT_PERIOD_S: Final = 900.0
_RANGE: Final = re.compile(r"\s*(\d+)\s*-\s*(\d+)\s*")
_TIME: Final = r"(\d+(?:\.\d+)?|\d{1,2}:\d{2}(?::\d{2})?)"
_SPAN: Final = re.compile(rf"\s*{_TIME}\s*-\s*{_TIME}\s*")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command, as given."""

    source: str
    counts: Path | None
    run: Path | None
    period_s: float | None
    periods: str | None
    signals: tuple[str, ...]
    stages: tuple[str, ...]
    profile: str
    saturation_flow: Path | None
    arrival_type: int
    missing_is_zero: bool
    fewer_stages: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Signals with demand, the periods, where the counts come from, and what the user should know."""

    name: str
    demands: "tuple[SignalDemand, ...]"
    periods: "tuple[Period, ...]"
    counted: str
    notices: tuple[str, ...]


def demands_of(asked: Asked, rules: "SplitRules") -> Found:
    """Return the demand that is asked for.

    Raises: InvalidInputError in one line that names the signal or the file, and the fix.
    """
    if asked.counts is not None and asked.run is not None:
        raise InvalidInputError("give --counts or --run, not both")
    if asked.period_s is not None and asked.periods is not None:
        raise InvalidInputError("give --period or --periods, not both")
    path = Path(asked.source)
    if path.is_dir() or path.suffix == ".json":
        return _from_sites(asked, rules)
    return _from_scenario(asked, rules)


def parse_range(text: str) -> tuple[int, int]:
    """Return the two ends of a range of whole seconds.

    >>> parse_range("40-150")
    (40, 150)
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"--cycle-range wants two whole seconds as 40-150, got '{text}'")
    return int(found[1]), int(found[2])


def parse_periods(text: str) -> "tuple[Period, ...]":
    """Return the periods of a list, in order of time.

    >>> [(p.begin_s, p.end_s) for p in parse_periods("08:00-09:00,25200-28800")]
    [(25200.0, 28800.0), (28800.0, 32400.0)]
    """
    from signal_ctrl.engine.split_values import Period

    found = []
    for part in text.split(","):
        span = _SPAN.fullmatch(part)
        if span is None:
            raise InvalidInputError(f"--periods wants BEGIN-END,… in seconds or as HH:MM, got '{part.strip()}'")
        found.append(Period(_seconds(span[1]), _seconds(span[2])))
    found.sort(key=lambda period: period.begin_s)
    for one, following in pairwise(found):
        if one.end_s > following.begin_s:
            raise InvalidInputError(f"--periods overlap at {following.begin_s:g} s; give periods one after the other")
    return tuple(found)


def _seconds(text: str) -> float:
    if ":" not in text:
        return float(text)
    parts = [int(part) for part in text.split(":")]
    return float(sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False)))


def _from_sites(asked: Asked, rules: "SplitRules") -> Found:
    from signal_ctrl.domain.group_counts import group_counts_from_csv
    from signal_ctrl.engine.group_demand import group_demands
    from sumo_scenarios.site_files import read_sites, text_of

    if asked.counts is None:
        raise InvalidInputError(f"{asked.source} says nothing of demand; add --counts FILE.csv with counts by group")
    if asked.period_s or asked.periods or asked.saturation_flow:
        raise InvalidInputError(
            "with site documents, periods and saturation flows stand in the counts; leave --period, --periods and "
            "--saturation-flow out"
        )
    sites = read_sites(Path(asked.source))
    _picked({site.signal_id: site for site in sites}, asked.signals, asked.source)
    counts = group_counts_from_csv(text_of(asked.counts, "counts"), str(asked.counts))
    stages = stage_choice(asked.stages, sites)
    demands, periods = group_demands(sites, counts, stages, rules, asked.missing_is_zero, asked.signals)
    return Found(Path(asked.source).stem, demands, periods, f"counts by group, {asked.counts}", ())


def _picked(known: Mapping[str, _T], wanted: Sequence[str], source: str) -> tuple[_T, ...]:
    """Return those of the signals that are asked for, all if none is."""
    for name in wanted:
        if name not in known:
            raise InvalidInputError(f"signal {name} is not in {source}; it has {', '.join(list(known)[:8])}")
    return tuple(one for name, one in known.items() if not wanted or name in wanted)


def stage_choice(texts: Sequence[str], sites: "Sequence[Site]") -> dict[str, tuple[int, ...]]:
    """Return the stages that the user names, as indices by signal.

    Raises: InvalidInputError that names the signal for a text of another form, unknown signals and unknown stages.
    """
    known = {site.signal_id: site for site in sites}
    found = {}
    for text in texts:
        signal, _, names = text.rpartition("=")
        signal = signal or (sites[0].signal_id if len(sites) == 1 else "")
        if signal not in known:
            raise InvalidInputError(f"--stages wants SIGNAL=s1,s3 with a signal that is planned, got '{text}'")
        own = [stage.name for stage in known[signal].stages]
        chosen = [name.strip() for name in names.split(",")]
        for name in chosen:
            if name not in own:
                raise InvalidInputError(f"signal {signal}: there is no stage {name}; it has {', '.join(own)}")
        if len(chosen) < 2 or any(a == b for a, b in zip(chosen, [*chosen[1:], chosen[0]], strict=True)):
            raise InvalidInputError(f"signal {signal}: name two stages or more, none twice in a row")
        found[signal] = tuple(own.index(name) for name in chosen)
    return found


def _from_scenario(asked: Asked, rules: "SplitRules") -> Found:
    from optimiser.hcm import Arrivals
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.period_demand import saturation_from_csv, with_fewer_stages, world_demands
    from sumo_scenarios.site_files import text_of
    from sumo_scenarios.world import build_world

    world = build_world(resolve(asked.source), profile_by_name(asked.profile), None, None)
    units = {unit.site.signal_id: unit for unit in world.units if len(unit.site.stages) > 1}
    picked = _picked(units, asked.signals, asked.source)
    flows, periods, counted, notices = _flows(asked, world, picked)
    given = asked.saturation_flow
    saturation = saturation_from_csv(text_of(given, "file"), picked, str(given)) if given is not None else {}
    stages = stage_choice(asked.stages, [unit.site for unit in picked])
    demands = world_demands(world, picked, flows, saturation, stages)
    if asked.fewer_stages:
        demands = with_fewer_stages(demands, stages, periods, rules)
    if asked.arrival_type != 3:
        demands = tuple(
            replace(
                one, arrivals=Arrivals(one.arrivals.arrival_type * 0 + asked.arrival_type, one.arrivals.green_share)
            )
            for one in demands
        )
    return Found(world.scenario.name, demands, periods, counted, notices)


def _flows(
    asked: Asked, world: "World", units: "Sequence[SignalUnit]"
) -> "tuple[Sequence[Flows], tuple[Period, ...], str, tuple[str, ...]]":
    """Return flows and periods, where they come from, and notices."""
    from signal_ctrl.domain.counts import counts_from_csv
    from sumo_scenarios.period_demand import check_turns, counted_flows, scenario_flows, scenario_span_s
    from sumo_scenarios.site_files import text_of

    if asked.counts is not None:
        counts = counts_from_csv(text_of(asked.counts, "counts"), str(asked.counts))
        check_turns(units, world, counts, asked.missing_is_zero, bool(asked.signals))
        span_s = (counts.periods[0].begin_s, counts.periods[-1].end_s)
        own = tuple((period.begin_s, period.end_s) for period in counts.periods)
        periods = _periods(asked, span_s, own)
        return counted_flows(counts, periods), periods, f"counts by turn, {asked.counts}", ()
    if asked.run is not None:
        return _run_flows(asked, asked.run, world)
    periods = parse_periods(asked.periods) if asked.periods else _periods(asked, scenario_span_s(world.config))
    return scenario_flows(world, periods), periods, "routes of the scenario", ()


def _run_flows(
    asked: Asked, folder: Path, world: "World"
) -> "tuple[Sequence[Flows], tuple[Period, ...], str, tuple[str, ...]]":
    from sumo_scenarios.loop_counts import read_run, run_counts
    from sumo_scenarios.period_demand import counted_flows

    run = read_run(folder)
    if run.world.config.net.resolve() != world.config.net.resolve():
        raise InvalidInputError(f"{folder} is a run of {run.world.scenario.name}, not of {world.scenario.name}")
    periods = _periods(asked, run.span_s)
    counts, told = run_counts(run, periods)
    notice = (
        f"turns from loops: {told.alone} from lanes of one turn, {told.by_exits} shared out by what came out behind, "
        f"{told.evenly} shared out evenly for want of better"
    )
    return counted_flows(counts, periods), periods, f"loops of the run {folder}", (notice,)


def _periods(
    asked: Asked, span_s: tuple[float, float], own: Sequence[tuple[float, float]] = ()
) -> "tuple[Period, ...]":
    from signal_ctrl.engine.split_values import Period
    from sumo_scenarios.period_demand import equal_periods

    if asked.periods:
        return parse_periods(asked.periods)
    if own and asked.period_s is None:
        return tuple(Period(*times) for times in own)
    return equal_periods(span_s, DEFAULT_PERIOD_S if asked.period_s is None else asked.period_s)
