"""Programmes of an additional file of SUMO as a plan; every signal that has to be left out is named with the reason."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from optimiser.network_plan import Timing
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import MAX_STAGES, Plan, SignalPlan
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.kept_cycle import kept_cycle
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.net_plan import programme_timing, stage_of
from sumo_scenarios.plan_programmes import differing_s, shown_lamps
from sumo_scenarios.programmes import OFF, Programme, read_programme
from sumo_scenarios.world import SignalUnit, World
from sumo_scenarios.xml_input import parse_xml

MAX_BYTES: Final = 1 << 26
MAX_ROWS: Final = 1000
_LONGEST_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class SignalImport:
    """What became of one signal: its plan, or the reason why there is none.

    `differs_s`: for how long of a cycle the kernel will show another lamp than the programme. [s]
    """

    signal: str
    plan: SignalPlan | None
    reason: str = ""
    differs_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ProgrammeImport:
    """The signals of an import, and what the user should know of the file."""

    signals: tuple[SignalImport, ...]
    notices: tuple[str, ...]

    @property
    def failed(self) -> tuple[SignalImport, ...]:
        """Signals without a plan that need one."""
        return tuple(item for item in self.signals if item.reason)

    def plan(self, name: str) -> Plan:
        """Return the plan of all signals that have one. Raises: InvalidInputError if none has."""
        parts = tuple(item.plan for item in self.signals if item.plan is not None)
        if not parts:
            raise InvalidInputError("no signal of the file can be expressed as a plan: " + reasons(self.failed))
        return Plan(name, parts)


def reasons(failed: Sequence[SignalImport]) -> str:
    """Return why signals have no plan, in one line."""
    return "; ".join(f"signal {item.signal}: {item.reason}" for item in failed) or "it names none"


def import_programmes(path: Path, world: World, programme_id: str | None = None) -> ProgrammeImport:
    """Return the programmes of a file as plans for the signals of a world.

    Args: programme_id, which of several programmes of a signal; by default the last, which SUMO would run.
    Raises: InvalidInputError for a file that is damaged, too long, declares entities or has a programme twice.
    """
    programmes = read_programmes(path)
    chosen = {p.signal: p for p in programmes if programme_id in (None, p.programme_id)}
    known = {unit.site.signal_id for unit in world.units}
    alone = dict(world.left_alone)
    found = [_imported(unit, chosen.get(unit.site.signal_id)) for unit in world.units]
    found += [
        SignalImport(name, None, f"left alone: {alone[name]}" if name in alone else "not in this network")
        for name in chosen
        if name not in known
    ]
    return ProgrammeImport(tuple(found), tuple(_notices(programmes, programme_id)))


def read_programmes(path: Path) -> tuple[Programme, ...]:
    """Return the programmes of a file, in its order; it is read alone, without what it includes.

    Raises: InvalidInputError, as `import_programmes`.
    """
    root = parse_xml(path, MAX_BYTES)
    found: list[Programme] = []
    for element in root.iter("tlLogic"):
        rows = len(element.findall("phase"))
        if rows > MAX_ROWS:
            raise InvalidInputError(f"{path}: signal {element.get('id')} has {rows} rows; {MAX_ROWS} are the most")
        try:
            found.append(read_programme(element, str(path)))
        except KeyError as error:
            raise InvalidInputError(f"{path}: a programme (tlLogic) has no attribute {error}") from error
        except (ValueError, OverflowError) as error:
            raise InvalidInputError(f"{path}: signal {element.get('id')}: {error}") from error
    twice = [key for key, number in Counter((p.signal, p.programme_id) for p in found).items() if number > 1]
    if twice:
        raise InvalidInputError(f"{path}: signal {twice[0][0]} has programme '{twice[0][1]}' twice; remove one")
    if not found:
        raise InvalidInputError(f"{path} has no programme (tlLogic)")
    return tuple(found)


def _notices(programmes: Sequence[Programme], programme_id: str | None) -> Iterator[str]:
    for signal, number in Counter(p.signal for p in programmes).items():
        if number > 1 and programme_id is None:
            last = [p.programme_id for p in programmes if p.signal == signal][-1]
            yield f"signal {signal} has {number} programmes; the last one, '{last}', is taken"


def _imported(unit: SignalUnit, programme: Programme | None) -> SignalImport:
    signal = unit.site.signal_id
    if len(unit.site.stages) == 1:
        return SignalImport(signal, None)
    if programme is None:
        return SignalImport(signal, None, "the file has no programme for it")
    try:
        plan = signal_plan(programme, unit.site)
        kernel = Kernel(unit.site)
        found = refusals(plan, kernel)
        if found:
            return SignalImport(signal, None, found[0].removeprefix(f"signal {signal}: "))
        links = [link for group in unit.site.groups for link in group.links]
        ours = [lit.lamps for lit in kept_cycle(kernel, plan) for _ in range(lit.length_ds)]
        theirs = _from_offset(programme.padded(unit.site.n_links), plan)
        return SignalImport(signal, plan, differs_s=differing_s(ours, theirs, links))
    except InvalidInputError as error:
        return SignalImport(signal, None, str(error).removeprefix(f"signal {signal}: "))


def signal_plan(programme: Programme, site: Site) -> SignalPlan:
    """Return a programme as the plan of a site: by the names of its rows where these are stages, else by its lamps.

    Raises: InvalidInputError if it has no fixed times in whole seconds, or shows other stages than the site has.
    """
    _check(programme, site)
    padded = programme.padded(site.n_links)
    timing = _named_timing(padded, site) or _lasting(padded, site) or programme_timing(padded, site)
    if len(timing.stages) > MAX_STAGES:
        raise InvalidInputError(f"it shows {len(timing.stages)} stages in a cycle; a plan has {MAX_STAGES} at most")
    return SignalPlan(
        signal_id=site.signal_id,
        site=site_hash(site),
        cycle_ds=10 * timing.cycle_s,
        offset_ds=10 * (timing.offset_s % timing.cycle_s),
        stages=tuple(site.stages[s].name for s in timing.stages),
        splits_ds=tuple(10 * s for s in timing.splits_s),
    )


def _check(programme: Programme, site: Site) -> None:
    if programme.programme_id == OFF or not programme.steps:
        raise InvalidInputError("its programme shows nothing")
    if programme.kind != "static":
        raise InvalidInputError(f"its programme is {programme.kind} and has no fixed times")
    if any(step.following for step in programme.steps):
        raise InvalidInputError("a row of its programme says which one is next; a plan has one order")
    highest = max((link for group in site.groups for link in group.links), default=0)
    if not highest < programme.n_links <= site.n_links:
        raise InvalidInputError(f"its states have {programme.n_links} letters, but the signal has {site.n_links} links")
    _check_times(programme)


def _check_times(programme: Programme) -> None:
    cycle_s = sum(step.duration_s for step in programme.steps)
    if cycle_s > _LONGEST_S:
        raise InvalidInputError(f"its cycle of {cycle_s:g} s is longer than {_LONGEST_S:g} s")
    for name, time_s in (("cycle", cycle_s), ("offset", programme.offset_s)):
        if abs(time_s - round(time_s)) > 1e-6:
            raise InvalidInputError(f"its {name} of {time_s:g} s is no whole number of seconds")
    if any(abs(10 * step.duration_s - round(10 * step.duration_s)) > 1e-6 for step in programme.steps):
        raise InvalidInputError("a row does not last a whole number of tenths of a second")


def _named_timing(programme: Programme, site: Site) -> Timing | None:
    """Return the timing that the names of the rows tell, None if some are no stages of the site.

    A turn over the end of the cycle is one turn: its split begins with its last rows.
    """
    names = [stage.name for stage in site.stages]
    if len(programme.rows) != len(programme.steps) or any(names.count(row.number) != 1 for row in programme.rows):
        return None
    turns = [
        (names.index(name), sum(step.duration_s for _, step in run))
        for name, run in groupby(zip(programme.rows, programme.steps, strict=True), lambda pair: pair[0].number)
    ]
    offset_s = programme.offset_s
    if len(turns) > 1 and turns[0][0] == turns[-1][0]:
        stage, length_s = turns.pop()
        turns[0] = (stage, turns[0][1] + length_s)
        offset_s -= length_s
    splits_s = [round(length_s) for _, length_s in turns]
    if any(abs(length_s - split_s) > 1e-6 for (_, length_s), split_s in zip(turns, splits_s, strict=True)):
        raise InvalidInputError("its splits, by the names of its rows, are no whole seconds")
    return Timing(tuple(stage for stage, _ in turns), tuple(splits_s), round(offset_s))


def _lasting(programme: Programme, site: Site) -> Timing | None:
    """Return the timing of a programme that always shows one stage, None of any other."""
    shown = {step.state for step in programme.steps}
    stage = stage_of(programme.steps[0].state, site) if len(shown) == 1 else None
    if stage is None:
        return None
    return Timing((stage,), (round(sum(step.duration_s for step in programme.steps)),), round(programme.offset_s))


def _from_offset(programme: Programme, plan: SignalPlan) -> tuple[str, ...]:
    """Return the lamps of a programme in each tenth of a second, from the plan's first change on."""
    lamps = shown_lamps(programme)
    shift = round(plan.offset_ds - 10 * programme.offset_s) % len(lamps)
    return (*lamps[shift:], *lamps[:shift])
