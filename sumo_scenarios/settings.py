"""What one closed-loop run is asked to do."""

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from typing import Final

from optimiser.transition import method_named
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan
from signal_ctrl.domain.profile import PUBLISHED, SafetyProfile
from signal_ctrl.domain.timetable import ScheduledPlans
from sumo_scenarios.bus_options import BusOptions
from sumo_scenarios.film.conditions import condition_named
from sumo_scenarios.link_conditions import LinkConditions
from sumo_scenarios.loop_faults import KINDS, MIX

CONTROLLERS: Final = (
    *("net", "fixed", "actuated", "delay_based", "sumo_adapted", "sumo_coordinated"),
    *("green_wave", "max_pressure", "greedy", "adaptive", "hybrid"),
)
WAVES: Final = ("green_wave", "hybrid")
"""Those that keep a green wave: as a plan, or as a frame of adaptive control."""
ROLLOUTS: Final = ("adaptive", "hybrid")
"""Those that simulate ahead, over the ladder of plans."""
PRIORITISING: Final = (*ROLLOUTS, "fixed")
"""Those that can hear of buses: rollouts weigh them, a fixed plan is bent for them by the classic rule."""
SLOTTED: Final = ("max_pressure", "greedy")
"""Those that choose once a slot."""
SUMO_TOOLS: Final = ("sumo_adapted", "sumo_coordinated")
"""Fixed programmes made by the tools that come with SUMO, without and with offsets."""
PLANNED: Final = ("fixed", "green_wave")
"""Those that keep a plan, whatever comes."""
SUMO_CONTROLLERS: Final = ("net", "actuated", "delay_based", *SUMO_TOOLS)
SENSINGS: Final = ("loops", "video", "positions", "oracle")
EVENTS: Final = ("loops", "video")
"""Those that tell loop events, and nothing else."""
ADVISE: Final = ("shadow", "adaptive")
CROSSINGS: Final = ("recall", "buttons", "sensors")
"""How people on foot are heard of."""
HEARING: Final = (*SLOTTED, *ROLLOUTS)
"""Controllers that hear of them."""
OWN_DETECTORS: Final = ("actuated", "delay_based")
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Closure:
    """A lane or an edge closed for a time. [s]"""

    place: str
    from_s: float = -math.inf
    to_s: float = math.inf

    def __post_init__(self) -> None:
        if not self.place or not self.from_s < self.to_s:
            raise InvalidInputError(f"--close wants LANE_OR_EDGE[@FROM-TO] with FROM before TO, got '{self.place}'")


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One run. `scenario` is a catalogue name or the path of a `.sumocfg`; times are absolute simulation seconds.

    `options` are `--set key=value` pairs of the controller; an unknown key is refused. `loops_file` names the user's
    own loops (E1 definitions); empty: those laid out from the geometry. `failure_rate` is the probability with which
    each loop fails for the whole run, `failure_kind` how: `mix`, or one kind alone. `plan` is what `fixed`,
    `green_wave` and `hybrid` keep, `base` the plan on whose splits the last two make their wave where they are given
    none, `fallback` what `adaptive` and `hybrid` fall back to; None: one is computed from the counted demand, for a
    fallback only when it is needed. `schedule` says which plan `fixed` keeps, or `adaptive` falls back to first, at
    which time of day; `start` is the instant of the run's begin, None: the simulation shows the time of a usual Monday.
    `history` names counts of days before: with them the plan of the schedule is chosen by the flow that is forecast;
    empty: by the time of day alone. `condition` is the light and weather
    that cameras have with sensing `video`. `link`: every signal is a cabinet that asks a centre over such a wire; None:
    the controllers are in the process of the run. `advise`, who decides at the cabinets of such a run under a plan:
    empty, the plan alone; `shadow`, the plan while adaptive control advises; `adaptive`, adaptive control over it.
    `buses`, how buses report and are weighed by those who give them priority; None: nobody knows of buses.
    `crossings`, how people are heard of: `recall`, not at all, they are always called; by `buttons`, or by `sensors`.
    """

    scenario: str
    controller: str = "adaptive"
    seed: int = 1
    demand_seed: int = 0
    sensing: str = "loops"
    profile: SafetyProfile = PUBLISHED
    begin_s: float | None = None
    end_s: float | None = None
    scale: float = 1.0
    closures: tuple[Closure, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    loops_file: str = ""
    failure_rate: float = 0.0
    failure_kind: str = MIX
    plan: Plan | None = None
    base: Plan | None = None
    fallback: Plan | None = None
    schedule: ScheduledPlans | None = None
    start: dt.datetime | None = None
    history: str = ""
    transition: str = "shortway"
    condition: str = "day"
    link: LinkConditions | None = None
    advise: str = ""
    buses: BusOptions | None = None
    crossings: str = "recall"
    command: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        _one_of("controller", self.controller, CONTROLLERS)
        _one_of("sensing", self.sensing, SENSINGS)
        _one_of("crossings", self.crossings, CROSSINGS)
        self._check_hearing()
        self._check_plans()
        self._check_schedule()
        if not 0 <= self.seed < 2**31 or not 0 <= self.demand_seed < 2**31:
            raise InvalidInputError(
                f"--seed and --demand-seed need 0 to {2**31 - 1}, got {self.seed}, {self.demand_seed}"
            )
        if not 0 < self.scale <= 10:
            raise InvalidInputError(f"--scale needs a factor above 0 and at most 10, got {self.scale}")
        self._check_failures()
        self._check_link()
        condition_named(self.condition)
        if self.condition != "day" and self.sensing != "video":
            raise InvalidInputError(f"--condition is what cameras see; with sensing {self.sensing} leave it out")
        times = [t for t in (self.begin_s, self.end_s) if t is not None]
        if not all(math.isfinite(t) and t >= 0 for t in times):
            raise InvalidInputError("--begin and --end need simulation seconds, 0 or more")
        if len(times) == 2 and not times[0] < times[1]:
            raise InvalidInputError(f"--end {times[1]:g} s is not after --begin {times[0]:g} s")

    def _check_hearing(self) -> None:
        """Check that who is to hear of people and buses can: rollouts, or advisers at the cabinets of a plan."""
        if self.crossings != CROSSINGS[0] and self.controller not in HEARING and not self.advise:
            raise InvalidInputError(
                f"people are heard of ({self.crossings}) by {', '.join(HEARING)}, or at cabinets under a plan by "
                f"--advise; leave --crossings out"
            )
        if self.buses is None:
            return
        if self.schedule is not None or (self.controller not in PRIORITISING and not self.advise):
            raise InvalidInputError(f"--buses is for controllers {', '.join(PRIORITISING)}, without a schedule")
        if self.link is not None and self.controller not in ROLLOUTS and not self.advise:
            raise InvalidInputError("over HTTP no plan is bent for buses; give --advise, or leave --buses out")

    def _check_link(self) -> None:
        if self.link is not None and self.controller in SUMO_CONTROLLERS:
            raise InvalidInputError(
                f"--over-http: {self.controller} sets the lamps within SUMO, where no cabinet stands between; take one "
                f"of {', '.join((*PLANNED, *ROLLOUTS, *SLOTTED))}"
            )
        if self.link is not None and self.controller in PLANNED and (self.schedule is not None or self.history):
            raise InvalidInputError("--over-http issues one plan; leave --schedule out")
        if not self.advise:
            return
        _one_of("word of --advise", self.advise, ADVISE)
        if self.link is None or self.controller not in PLANNED or self.sensing != "loops":
            raise InvalidInputError(
                f"--advise is for cabinets under a plan that have loops: give --over-http, --sensing loops and "
                f"--controller {' or '.join(PLANNED)}"
            )

    def _check_plans(self) -> None:
        if self.plan is not None and self.controller not in ("fixed", *WAVES):
            raise InvalidInputError(f"a plan is for controllers fixed, {', '.join(WAVES)}, not for {self.controller}")
        if self.base is not None and self.controller not in WAVES:
            raise InvalidInputError(f"a base plan is for controllers {', '.join(WAVES)}, not for {self.controller}")
        if self.fallback is not None and self.controller not in ROLLOUTS:
            raise InvalidInputError(
                f"a plan to fall back to is for controllers {', '.join(ROLLOUTS)}, not for {self.controller}"
            )

    def _check_schedule(self) -> None:
        if self.schedule is not None and self.controller not in ("fixed", "adaptive"):
            raise InvalidInputError(f"a schedule is for controllers fixed and adaptive, not for {self.controller}")
        if self.schedule is not None and self.plan is not None:
            raise InvalidInputError("a plan and a schedule are given; leave one of them out")
        if self.start is not None and (self.schedule is None or self.start.tzinfo is None):
            raise InvalidInputError("the instant of the begin needs its offset, and a schedule that it is for")
        if self.history and (self.schedule is None or self.controller != "fixed" or self.sensing != "loops"):
            raise InvalidInputError(
                "--forecast chooses among the plans of a schedule that fixed keeps, by its loops: give --schedule, "
                "--controller fixed and --sensing loops"
            )
        method_named(self.transition)

    def _check_failures(self) -> None:
        _one_of("kind of failure", self.failure_kind, KINDS)
        if not 0 <= self.failure_rate <= 1:
            raise InvalidInputError(f"--failures needs a share of the loops, 0 to 1, got {self.failure_rate}")
        if self.failure_rate > 0 and self.sensing != "loops":
            raise InvalidInputError(f"--failures is about loops; with sensing {self.sensing} leave it out")
        if self.failure_rate > 0 and self.controller in OWN_DETECTORS:
            raise InvalidInputError(
                f"--failures cannot reach the detectors that SUMO gives {self.controller}; leave one of them out"
            )


def parse_closure(text: str) -> Closure:
    """Return the closure of `LANE_OR_EDGE[@FROM-TO]`, times in simulation seconds.

    Raises: InvalidInputError for another form.
    >>> parse_closure("-4936412_0@25500-26100")
    Closure(place='-4936412_0', from_s=25500.0, to_s=26100.0)
    """
    place, at, span = text.rpartition("@")
    if not at:
        return Closure(text)
    found = _SPAN.fullmatch(span)
    if found is None:
        raise InvalidInputError(f"--close wants LANE_OR_EDGE[@FROM-TO] with times in seconds, got '{text}'")
    return Closure(place, float(found[1]), float(found[2]))


def parse_setting(text: str) -> tuple[str, str]:
    """Return key and value of `key=value`.

    Raises: InvalidInputError for another form.
    >>> parse_setting("horizon_s=30")
    ('horizon_s', '30')
    """
    key, equals, value = text.partition("=")
    if not key.strip() or not equals:
        raise InvalidInputError(f"--set wants key=value, got '{text}'")
    return key.strip(), value.strip()


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidInputError(f"unknown {name} '{value}'; choose one of {', '.join(known)}")
