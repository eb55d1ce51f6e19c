"""Green waves as a mixed-integer program: MAXBAND, MULTIBAND and AM-BAND on streets that may cross.

All times are counted in cycles, z = 1 / cycle is a variable. Every stop line has a progression line that passes it w
after its green begins. A band lies around that line: all of it behind the line and along the whole street (MAXBAND), or
link by link, as much before as behind (MULTIBAND) or freely (AM-BAND). For each link, from its stop line a to its stop
line b,

    theta_a + start_a + w_a + t = theta_b + start_b + w_b + clearance_b + a whole number,

where theta is the place of a signal's reference and start that of a green by the order of stages. Around every closed
cycle of links the thetas cancel, so the rest has to be whole: one integer per independent cycle, and for a street in
two directions these are the loop equations of MAXBAND. Cycles are kept short: their integers then have few values.
Sources: Little, Kelson & Gartner 1981; Gartner, Assmann, Lasaga & Hou 1991; Zhang, Xie, Gartner, Stamatiadis & Arsava
2015; the project's reference on optimisation, section 4.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from optimiser.green_wave.cycles import SignedArc, cycle_basis, order_of
from optimiser.green_wave.mixed_program import MixedProgram, Sum
from optimiser.green_wave.network import NO_QUEUE, Course, Street, WaveLink, WaveNetwork, WaveStop
from signal_ctrl.domain.errors import InvalidInputError

MAXBAND: Final = "maxband"
MULTIBAND: Final = "multiband"
AM_BAND: Final = "am-band"
KINDS: Final = (MAXBAND, MULTIBAND, AM_BAND)


@dataclass(frozen=True, slots=True)
class WaveRules:
    """What kind of band, and how.

    `in_green`: the band has to find green when it arrives, too, and not only when it leaves (stricter than the papers).
    `least_side`: of an AM-BAND's width, the least share on either side of the progression line, 0 to 0.5.
    `optional`: a direction may go without a band, and then binds nothing.
    `order_cost`: what another order than a signal's first one costs, so that none is taken for nothing. [cycles]
    `basis`: how closed cycles are chosen, `short` or `tree`; a matter of speed alone.
    """

    kind: str = MAXBAND
    in_green: bool = True
    least_side: float = 0.0
    optional: bool = False
    order_cost: float = 0.0
    basis: str = "short"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInputError(f"unknown kind of band '{self.kind}'; choose one of {', '.join(KINDS)}")
        if not 0.0 <= self.least_side <= 0.5:
            raise InvalidInputError(f"the least share on one side has to be 0 to 0.5, got {self.least_side:g}")


@dataclass(frozen=True, slots=True)
class BandVariables:
    """A band from stop line `first` to `last` of a course: its width before and behind the line. [cycles]"""

    first: int
    last: int
    before: Sum
    behind: Sum

    @property
    def width(self) -> Sum:
        """The whole width. [cycles]"""
        return self.before + self.behind


@dataclass(slots=True)
class CourseVariables:
    """One direction of a street: w by stop line, travel time by link, bands. [cycles]"""

    course: Course
    lines: list[Sum] = field(default_factory=list)
    travel: list[Sum] = field(default_factory=list)
    bands: list[BandVariables] = field(default_factory=list)


@dataclass(slots=True)
class WaveModel:
    """The program and what its variables mean. `choices` holds a 0-1 variable an order of each signal, none for one."""

    network: WaveNetwork
    rules: WaveRules
    program: MixedProgram
    z: Sum
    choices: list[list[Sum]]
    courses: list[CourseVariables]
    loops: list[tuple[tuple[SignedArc, ...], int]]


def build_model(network: WaveNetwork, rules: WaveRules) -> WaveModel:
    """Return the program of a network. Raises: InvalidInputError where streets and rules do not fit together."""
    program = MixedProgram()
    shortest_s, longest_s = network.cycle_s
    z = program.variable(0.5 / longest_s, 2.0 / shortest_s)
    program.require(z, 1.0 / longest_s, 1.0 / shortest_s, f"cycle of {_span(network.cycle_s)} s")
    choices = [_choice(program, signal.name, len(signal.orders)) for signal in network.signals]
    model = WaveModel(network, rules, program, z, choices, [], [])
    for street in network.streets:
        own = [_course(model, course) for course in street.courses]
        model.courses += own
        _ratios(model, street, own)
        program.most = program.most + _aim(rules, street, own) * street.weight
    for choice in choices:
        for other in choice[1:] if rules.order_cost else ():
            program.most = program.most - other * rules.order_cost
    _close(model)
    return model


def start_of(model: WaveModel, stop: WaveStop) -> Sum:
    """Return when the green of a stop line begins after its signal's reference. [cycles]"""
    orders = model.network.signals[stop.signal].orders
    return _by_order(model, stop, [order.greens[stop.line].start for order in orders])


def length_of(model: WaveModel, stop: WaveStop) -> Sum:
    """Return the length of the green of a stop line. [cycles]"""
    orders = model.network.signals[stop.signal].orders
    return _by_order(model, stop, [order.greens[stop.line].length for order in orders])


def tension(model: WaveModel, course: CourseVariables, link: int) -> Sum:
    """Return by how much the reference of the signal after a link is later than that before it. [cycles]"""
    stop, following = course.course.stops[link], course.course.stops[link + 1]
    left = start_of(model, stop) + course.lines[link] + course.travel[link]
    return left - start_of(model, following) - course.lines[link + 1] - _clearance(model, following)


def _by_order(model: WaveModel, stop: WaveStop, values: list[float]) -> Sum:
    choice = model.choices[stop.signal]
    if not choice:
        return Sum({}, values[0])
    found = Sum()
    for chosen, value in zip(choice, values, strict=True):
        found = found + chosen * value
    return found


def _clearance(model: WaveModel, stop: WaveStop) -> Sum:
    return model.z * stop.clearance.seconds + Sum({}, stop.clearance.cycles)


def _choice(program: MixedProgram, name: str, n_orders: int) -> list[Sum]:
    if n_orders == 1:
        return []
    found = [program.variable(0.0, 1.0, whole=True) for _ in range(n_orders)]
    whole = Sum()
    for each in found:
        whole = whole + each
    program.require(whole, 1.0, 1.0, f"one order of stages at {name}")
    return found


def _course(model: WaveModel, course: Course) -> CourseVariables:
    found = CourseVariables(course)
    found.lines = [model.program.variable(0.0, 1.0) for _ in course.stops]
    found.travel = [_travel(model, course, k) for k in range(len(course.links))]
    for k in range(len(course.links) - 1):
        _speed_change(model, found, k)
    served = model.program.variable(0.0, 1.0, whole=True) if model.rules.optional else Sum({}, 1.0)
    n = len(course.stops)
    ends = [(0, n - 1)] if model.rules.kind == MAXBAND else [(k, k + 1) for k in range(n - 1)]
    found.bands = [_band(model, found, (first, last), served) for first, last in ends]
    return found


def _travel(model: WaveModel, course: Course, k: int) -> Sum:
    link = course.links[k]
    shortest_s, longest_s = link.distance_m / link.fastest_mps, link.distance_m / link.slowest_mps
    travel = model.program.variable(0.0, 2.0 * longest_s / model.network.cycle_s[0] + 1.0)
    rule = f"speed of {link.slowest_mps * 3.6:.4g}-{link.fastest_mps * 3.6:.4g} km/h {_between(model, course, k)}"
    model.program.require(travel - model.z * shortest_s, 0.0, math.inf, rule)
    model.program.require(travel - model.z * longest_s, -math.inf, 0.0, rule)
    return travel


def _speed_change(model: WaveModel, course: CourseVariables, k: int) -> None:
    """Bound 1 / speed of link k + 1 less 1 / speed of link k."""
    link, onward = course.course.links[k], course.course.links[k + 1]
    if link.change_s_per_m is None:
        return
    change = course.travel[k + 1] * (link.distance_m / onward.distance_m) - course.travel[k]
    low, high = (link.distance_m * bound for bound in link.change_s_per_m)
    name = model.network.signals[course.course.stops[k + 1].signal].name
    rule = f"change of speed at {name}, {course.course.name}"
    model.program.require(change - model.z * low, 0.0, math.inf, rule)
    model.program.require(change - model.z * high, -math.inf, 0.0, rule)


def _band(model: WaveModel, course: CourseVariables, ends: tuple[int, int], served: Sum) -> BandVariables:
    """Add one band, within the greens of the stop lines that it passes; where `served` is 0 it is none."""
    program, rules = model.program, model.rules
    first, last = ends
    spared = Sum({}, 1.0) - served
    before, behind = Sum(), program.variable(0.0, 1.0)
    if rules.kind == MULTIBAND:
        before = behind
    elif rules.kind == AM_BAND:
        before = program.variable(0.0, 1.0)
        for side in (before, behind):
            program.require(side - (before + behind) * rules.least_side, 0.0, math.inf, "sides of the bands")
    for k in range(first, last + 1):
        stop = course.course.stops[k]
        name = model.network.signals[stop.signal].name
        program.require(course.lines[k] - before + spared, 0.0, math.inf, f"green of {name}, {course.course.name}")
        room = length_of(model, stop) - course.lines[k] - behind + spared
        program.require(room, 0.0, math.inf, f"green of {name}, {course.course.name}")
        if rules.in_green and k > 0 and stop.clearance != NO_QUEUE:
            arriving = room - _clearance(model, stop)
            program.require(arriving, 0.0, math.inf, f"queue clearance at {name}, {course.course.name}")
    if rules.optional:
        program.require(served - before - behind, 0.0, math.inf, "no band where none is wanted")
    return BandVariables(first, last, before, behind)


def _ratios(model: WaveModel, street: Street, courses: list[CourseVariables]) -> None:
    program = model.program
    for course, least_s in zip(courses, street.least_s, strict=False):
        for band in course.bands if least_s > 0 else ():
            program.require(
                band.width - model.z * least_s, 0.0, math.inf, f"band of {least_s:g} s {course.course.name}"
            )
    if street.ratio is None or len(courses) < 2:
        return
    if len(courses[0].bands) != len(courses[1].bands):
        raise InvalidInputError(
            f"street {street.name}: a ratio of bands by link needs the same links in both directions; leave it out"
        )
    k, rule = street.ratio, f"ratio of the bands of {street.name}"
    for there, back in zip(courses[0].bands, reversed(courses[1].bands), strict=True):
        if k == 1.0:
            program.require(back.width - there.width, 0.0, 0.0, rule)
        else:
            program.require((back.width - there.width * k) * (1.0 - k), 0.0, math.inf, rule)


def _aim(rules: WaveRules, street: Street, courses: list[CourseVariables]) -> Sum:
    """Return what a street adds to what is made most: b + k b_back, or the weighted mean of the bands by link."""
    found = Sum()
    for index, course in enumerate(courses):
        if rules.kind == MAXBAND:
            found = found + course.bands[0].width * (1.0 if index == 0 else street.ratio or 1.0)
            continue
        for band, link in zip(course.bands, course.course.links, strict=True):
            found = found + band.width * (link.weight / len(course.course.links))
    return found


def _close(model: WaveModel) -> None:
    """Add one integer for each independent closed cycle of links."""
    arcs = [
        (c.course.stops[k].signal, c.course.stops[k + 1].signal) for c in model.courses for k in range(len(c.travel))
    ]
    _check_joined(model.network, arcs)
    tensions = [tension(model, c, k) for c in model.courses for k in range(len(c.travel))]
    for loop in cycle_basis(len(model.network.signals), arcs, model.rules.basis):
        around = Sum()
        for part in loop:
            around = around + tensions[part.arc] * part.sign
        low, high = _range(model, around)
        whole = model.program.variable(math.ceil(low - 1e-9), math.floor(high + 1e-9), whole=True)
        named = "-".join(dict.fromkeys(model.network.signals[arcs[part.arc][0]].name for part in loop))
        model.program.require(around - whole, 0.0, 0.0, f"offsets around {named}")
        model.loops.append((loop, next(iter(whole.terms))))


def _check_joined(network: WaveNetwork, arcs: list[tuple[int, int]]) -> None:
    reached = order_of(len(network.signals), arcs)
    left = [signal.name for k, signal in enumerate(network.signals) if k not in reached]
    if left:
        raise InvalidInputError(
            f"no street joins signal {left[0]} with signal {network.signals[0].name}; plan them apart or add a link"
        )


def _range(model: WaveModel, found: Sum) -> tuple[float, float]:
    """Return bounds of an expression from those of its variables; of the orders of a signal just one counts."""
    bounds = _bounds(model)
    low = high = found.constant
    seen: set[int] = set()
    for choice in model.choices:
        own = [next(iter(each.terms)) for each in choice]
        factors = [found.terms.get(v, 0.0) for v in own]
        seen |= set(own)
        low, high = low + min(factors, default=0.0), high + max(factors, default=0.0)
    for variable, factor in found.terms.items():
        if variable not in seen:
            ends = [factor * bound for bound in bounds[variable]]
            low, high = low + min(ends), high + max(ends)
    return low, high


def _bounds(model: WaveModel) -> dict[int, tuple[float, float]]:
    """Return bounds of z, w and t that the rows imply."""
    shortest_s, longest_s = model.network.cycle_s
    found = {next(iter(model.z.terms)): (1.0 / longest_s, 1.0 / shortest_s)}
    for course in model.courses:
        for line, stop in zip(course.lines, course.course.stops, strict=True):
            found[next(iter(line.terms))] = (0.0, 1.0 if model.rules.optional else model.network.lengths(stop)[1])
        for travel, link in zip(course.travel, course.course.links, strict=True):
            found[next(iter(travel.terms))] = _travel_bounds(link, (shortest_s, longest_s))
    return found


def _travel_bounds(link: WaveLink, cycle_s: tuple[float, float]) -> tuple[float, float]:
    return link.distance_m / link.fastest_mps / cycle_s[1], link.distance_m / link.slowest_mps / cycle_s[0]


def _span(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:g}" if bounds[0] == bounds[1] else f"{bounds[0]:g}-{bounds[1]:g}"


def _between(model: WaveModel, course: Course, k: int) -> str:
    names = [model.network.signals[course.stops[j].signal].name for j in (k, k + 1)]
    return f"from {names[0]} to {names[1]}"
