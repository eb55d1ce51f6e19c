"""`signal-ctrl plan green-wave`: offsets, cycle, speeds and order of stages for platoons that find green."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.given_options import refuse_given
from signal_ctrl.cli.output import Overwrite, put_json
from signal_ctrl.cli.plan_green_wave_output import corridor_document, put_wave, scenario_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from optimiser.green_wave.diagram import StreetDiagram
    from optimiser.green_wave.engines import Effort
    from optimiser.green_wave.model import WaveRules
    from sumo_scenarios.green_wave.planning import Asked

_KINDS = ("maxband", "multiband", "am-band", "grid")


def green_wave(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A corridor file (.toml, .json), a catalogue name or a .sumocfg.")],
    *,
    out: Annotated[Path, typer.Option(help="Where the plan goes (JSON).")],
    diagram: Annotated[
        list[Path] | None, typer.Option(help="Time-space diagram to draw, .png or .svg; may be given again.")
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            help="maxband: one band a direction; multiband, am-band: a band a link, weighted by volume; "
            "grid: one band for each direction of every street."
        ),
    ] = "maxband",
    cycle: Annotated[float | None, typer.Option(help="Cycle. [s]", show_default=False)] = None,
    cycle_range: Annotated[
        str | None, typer.Option(help="A-B: cycle between two bounds, the best one is found. [s]", show_default=False)
    ] = None,
    speed: Annotated[
        str | None,
        typer.Option(
            help="V or A-B: speed of platoons. [km/h] Scenarios: without it 85 % of what drivers want.",
            show_default=False,
        ),
    ] = None,
    ratio: Annotated[
        str | None,
        typer.Option(
            help="Band back over band out, or 'free'. Scenarios: without it that of the volumes.", show_default=False
        ),
    ] = None,
    patterns: Annotated[
        str,
        typer.Option(
            help="Order of left turns: fixed (the file's first one, the plan's), free, or, for a file, names "
            "such as lead-lag,lag-lead. Without it: free for a file, fixed for a scenario.",
            show_default=False,
        ),
    ] = "",
    plan: Annotated[
        Path | None,
        typer.Option(help="Scenarios: plan whose splits are kept; without it one is computed.", show_default=False),
    ] = None,
    clearance: Annotated[
        str,
        typer.Option(
            help="Scenarios: time for queues to leave ahead of platoons [s], or counted: as long as those need who "
            "turn in, by the counted demand."
        ),
    ] = "counted",
    arterial_first: Annotated[
        float | None,
        typer.Option(
            help="Scenarios: the street gets all green that keeps nobody else below this degree of saturation, such "
            "as 0.9; without it the splits stay.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[str, typer.Option(help="Scenarios: safety profile, published or street.")] = "published",
    power: Annotated[float, typer.Option(help="Exponent p of a link's weight (volume/saturation)^p.")] = 1.0,
    leaving_only: Annotated[
        bool, typer.Option("--leaving-only", help="As in the papers: green when leaving, also while a queue clears.")
    ] = False,
    least_side: Annotated[
        float, typer.Option(help="am-band: least share of a band on each side of its line, 0-0.5.")
    ] = 0.0,
    time_limit: Annotated[
        float,
        typer.Option(
            help="All searching ends within this: splits, waves, whole seconds, or why there is no wave. Reading and "
            "counting come on top. [s]"
        ),
    ] = 60.0,
    gap: Annotated[float, typer.Option(help="Proven gap that is close enough, as a share.")] = 1e-3,
    engine: Annotated[str, typer.Option(help="highs, scip or or-highs.")] = "highs",
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Plan a green wave, with the proven gap; every width is measured again from the finished plan."""
    from bench.time_space import draw_pages
    from optimiser.green_wave.engines import Effort
    from optimiser.green_wave.model import MAXBAND, WaveRules
    from signal_ctrl.gateways.whole_file import check_free
    from sumo_scenarios.picture_file import check_picture

    if kind not in _KINDS:
        raise InvalidInputError(f"unknown --kind '{kind}'; choose one of {', '.join(_KINDS)}")
    check_free(out, overwrite)
    for path in diagram or []:
        check_picture(path, overwrite)
    queue_s = _clearance_s(clearance)
    cycle_s, speed_kmh = _cycle_s(cycle, cycle_range), _speed_kmh(speed)
    asked = _Options(kind, cycle_s, speed_kmh, *_ratio(ratio), patterns, power, queue_s, arterial_first, json_)
    _check_kind(context, kind)
    rules = WaveRules(MAXBAND if kind == "grid" else kind, not leaving_only, least_side)
    effort = Effort(time_limit, gap, engine, monotonic)
    if Path(source).suffix.lower() in (".toml", ".json"):
        own = ("--plan", "--clearance", "--arterial-first", "--profile")
        refuse_given(context, own, "is for scenarios: a corridor file says itself what its greens are and queues need")
        document, diagrams = _of_file(Path(source), rules, effort, asked, out)
    else:
        document, diagrams = _of_scenario(source, profile, plan, rules, effort, asked, out)
    drawn = [page for path in diagram or [] for page in draw_pages(diagrams, path)]
    document |= {"plan": str(out), "diagrams": [str(page) for page in drawn]}
    put_json(document) if json_ else put_wave(document)
    return 0


def _check_kind(context: typer.Context, kind: str) -> None:
    """Refuse options that the kind of band has no use for."""
    if kind != "am-band":
        refuse_given(context, ("--least-side",), "is for --kind am-band")
    if kind not in ("multiband", "am-band"):
        refuse_given(context, ("--power",), "is for bands a link, --kind multiband or am-band")


@dataclass(frozen=True, slots=True)
class _Options:
    """Options that were read, in the forms that planning wants. [s], [km/h]"""

    kind: str
    cycle_s: tuple[float, float] | None
    speed_kmh: tuple[float, float] | None
    ratio: float | None
    any_ratio: bool
    patterns: str
    power: float
    clearance_s: float | None
    arterial_first: float | None
    quiet: bool

    def __post_init__(self) -> None:
        if not 0.0 <= self.power <= 10.0:
            raise InvalidInputError(f"--power needs 0 to 10, got {self.power:g}")

    def tell(self, text: str) -> None:
        """Tell how it goes on, on standard error."""
        if not self.quiet:
            typer.echo(text, err=True)


def _of_file(
    path: Path, rules: "WaveRules", effort: "Effort", asked: _Options, out: Path
) -> "tuple[dict[str, Any], tuple[StreetDiagram, ...]]":
    from optimiser.green_wave.corridor_file import CorridorWishes, corridor_from_text
    from optimiser.green_wave.corridor_plan import corridor_plan
    from optimiser.green_wave.diagram import street_diagrams
    from optimiser.green_wave.planning import plan_wave
    from signal_ctrl.gateways.whole_file import read_whole
    from sumo_scenarios.plan_file import write_plan

    wishes = CorridorWishes(
        asked.cycle_s, asked.speed_kmh, asked.ratio, asked.patterns or "free", asked.power, asked.any_ratio
    )
    corridor = corridor_from_text(read_whole(path, "corridor file"), wishes, path.name)
    asked.tell(f"planning the wave of {len(corridor.signals)} signals, {effort.time_s:g} s at most")
    found = plan_wave(corridor.network, rules, effort)
    write_plan(out, corridor_plan(corridor, found.timing))
    return corridor_document(corridor, rules, found), street_diagrams(corridor.network, rules, found.timing)


def _of_scenario(
    source: str, profile: str, plan: Path | None, rules: "WaveRules", effort: "Effort", asked: _Options, out: Path
) -> "tuple[dict[str, Any], tuple[StreetDiagram, ...]]":
    from optimiser.green_wave.diagram import street_diagrams
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.green_wave.planning import plan_scenario, times_of
    from sumo_scenarios.plan_file import read_plan, write_plan
    from sumo_scenarios.world import build_world

    base = read_plan(plan) if plan is not None else None
    world = build_world(resolve(source), profile_by_name(profile), None, None)
    for notice in world.notices if not asked.quiet else ():
        say(notice)
    found = plan_scenario(world, times_of(world), _asked(rules, asked), base, effort, asked.tell)
    write_plan(out, found.plan)
    diagrams = tuple(
        shape for part in found.parts for shape in street_diagrams(part.wave.network, rules, part.plan.timing)
    )
    return scenario_document(found, rules), diagrams


def _asked(rules: "WaveRules", asked: _Options) -> "Asked":
    from dataclasses import replace

    from sumo_scenarios.green_wave.planning import ORDER_COST, Asked
    from sumo_scenarios.green_wave.scenario_wave import WaveWishes

    if asked.patterns not in ("", "free", "fixed"):
        raise InvalidInputError(f"--patterns of a scenario is free or fixed, got '{asked.patterns}'")
    speed_mps = None if asked.speed_kmh is None else (asked.speed_kmh[0] / 3.6, asked.speed_kmh[1] / 3.6)
    wishes = WaveWishes(asked.patterns == "free", asked.ratio, asked.any_ratio, asked.clearance_s)
    rules = replace(rules, order_cost=ORDER_COST)
    return Asked(rules, wishes, asked.kind == "grid", asked.cycle_s, speed_mps, asked.power, asked.arterial_first)


def _cycle_s(cycle: float | None, cycle_range: str | None) -> tuple[float, float] | None:
    if cycle is not None and cycle_range is not None:
        raise InvalidInputError("give --cycle or --cycle-range, not both")
    option, text = ("--cycle", f"{cycle:g}") if cycle is not None else ("--cycle-range", cycle_range)
    if text is None:
        return None
    from optimiser.green_wave.corridor_file import check_cycle_s

    span_s = _positive(option, text)
    check_cycle_s(span_s, option)
    return span_s


def _speed_kmh(text: str | None) -> tuple[float, float] | None:
    return None if text is None else _positive("--speed", text)


def _positive(option: str, text: str) -> tuple[float, float]:
    """Return two numbers of `A-B`, or one twice. Raises: InvalidInputError unless 0 < A <= B."""
    low, _, high = text.partition("-")
    try:
        span = float(low), float(high or low)
    except ValueError:
        raise InvalidInputError(f"{option} wants a number or A-B, got '{text}'") from None
    if not 0.0 < span[0] <= span[1] < float("inf"):
        raise InvalidInputError(f"{option} needs numbers above 0 in order, got '{text}'")
    return span


def _ratio(text: str | None) -> tuple[float | None, bool]:
    if text is None or text == "free":
        return None, text == "free"
    low, high = _positive("--ratio", text)
    if low != high:
        raise InvalidInputError(f"--ratio wants one number or free, got '{text}'")
    return low, False


def _clearance_s(text: str) -> float | None:
    if text == "counted":
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 60.0:
        raise InvalidInputError(f"--clearance wants 0 to 60 s, or counted, got '{text}'")
    return value
