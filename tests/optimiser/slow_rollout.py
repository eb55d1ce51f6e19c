"""A second rollout, slow and obvious: plain lists and dictionaries, no array, no compiler.

It is written from what the docstrings promise and shares no code with what it checks. Where the compiled one is known
to do something else, the difference has a name here and stands in `KNOWN`, which is to stay empty.
"""

import math
from dataclasses import dataclass, field

NO_RIGHT, STOP, PERMISSIVE, PROTECTED = range(4)
STOP_HEADWAY_S = 4.0
CLEAR_AFTER_S = 1.5
POLICY_EVERY_S = 2
POLICY_HEADWAY_S = 2.0
SQUEEZE_VEH = 0.5
PLENTY_VEH = 1000.0
LEAVES_IN_THE_PAST = "who was held up by a yield, a full exit or a stuck lane leaves as if it had not waited"
STAYS_INSIDE = "once the lanes are empty, those inside the junction count as waiting until the horizon"
KNOWN: frozenset[str] = frozenset()


@dataclass
class Move:
    """One movement; `group` None has no lamp and is always green."""

    lane: int
    group: int | None
    exit: int
    yields_to: list[int]
    two_step: bool


@dataclass
class Change:
    """One change of stage: per group, end of the old right and begin of the new one; when all is settled. [s]"""

    end_s: list[float]
    start_s: list[float]
    settled_s: float


@dataclass
class Rules:
    horizon_s: int = 60
    startup_s: float = 1.0
    gap_s: float = 3.5
    refill_veh_s: float = 0.12
    eagerness: float = 1.4
    leftover_s: float = 10.0
    clear_factor: float = 10.0
    look_s: float = 6.0
    in_order_veh: float = 0.0


@dataclass
class Town:
    """A junction and all that is seen of it. A vehicle is (eta [s], movement), its movement None if it is not there.

    `weights` count its waiting, 1 where there are none, `persons` of it those that the base policy counts, too; `feeds` gives for an exit the lane of the same junction that it
    leads to, the time that takes and the places there; `spare` the movements of those who come to a lane that way.
    `parts` are the signals of which it is made, each with its lanes and its number of stages; none: it is one. A stage
    then stands for one of each signal, the last one's counting fastest.
    """

    moves: list[Move]
    rights: list[list[int]]
    changes: dict[tuple[int, int], Change]
    min_green_s: list[float]
    allowed: set[int]
    lanes: list[list[tuple[float, int | None]]]
    stuck: list[bool]
    headway_s: list[float]
    room_veh: list[float]
    rules: Rules = field(default_factory=Rules)
    inside: set[int] = field(default_factory=set)
    permissive_s: list[float] = field(default_factory=list)
    weights: list[list[float]] = field(default_factory=list)
    persons: list[list[float]] = field(default_factory=list)
    feeds: dict[int, tuple[int, float, float]] = field(default_factory=dict)
    spare: list[list[int]] = field(default_factory=list)
    parts: list[tuple[set[int], int]] = field(default_factory=list)

    def signals(self) -> list[tuple[set[int], int]]:
        """Return the signals of which it is made."""
        return self.parts or [(set(range(len(self.lanes))), len(self.rights))]


class SlowRollout:
    """One candidate in one draw."""

    def __init__(self, town: Town, stage: int, known: frozenset[str] = KNOWN) -> None:
        self.town = town
        self.known = known
        weights = town.weights or [[1.0] * len(lane) for lane in town.lanes]
        persons = town.persons or [[1.0] * len(lane) for lane in town.lanes]
        self.waiting = [
            [(eta, move, weight, many) for (eta, move), weight, many in zip(lane, own, cars, strict=True)]
            for lane, own, cars in zip(town.lanes, weights, persons, strict=True)
        ]
        self.spare = [list(moves) for moves in town.spare] or [[] for _ in town.lanes]
        self.room_veh = list(town.room_veh)
        self.ready_s = [0.0] * len(town.lanes)
        self.used_s: dict[int, float] = {}
        self.inside_s: dict[int, float] = dict.fromkeys(town.inside, 0.0)
        self.green_from_s: dict[int, float] = {}
        self.stage, self.before, self.changed_s = stage, stage, -math.inf
        self.cost = 0.0

    def run(self, target: int, delay_s: float) -> float:
        """Change to the target after the delay, then go on by the base policy; the present stage is kept for good."""
        rules, keeps = self.town.rules, target == self.stage
        refills = any(room < PLENTY_VEH for room in self.room_veh)
        changed, free_s = keeps, 0.0
        for second in range(rules.horizon_s):
            wished = None
            if not changed and second >= delay_s:
                wished, changed = target, True
            elif changed and not keeps and second >= free_s and second % POLICY_EVERY_S == 0:
                best = self.best_stage(second)
                wished = best if best != self.stage else None
            if wished is not None:
                free_s = self.change(wished, second)
            if refills:
                self.room_veh = [room + rules.refill_veh_s for room in self.room_veh]
            self.clear_inside(second)
            for lane in range(len(self.waiting)):
                self.discharge(lane, second)
            if STAYS_INSIDE in self.known and changed and not any(self.waiting):
                break
        return self.cost + self.left_over()

    def change(self, stage: int, now: float) -> float:
        """Change the stage; return when the next change may come. [s]"""
        change = self.town.changes[self.stage, stage]
        old, new = self.town.rights[self.stage], self.town.rights[stage]
        for group, (was, will) in enumerate(zip(old, new, strict=True)):
            if was < PERMISSIVE <= will:
                self.green_from_s[group] = now + change.start_s[group]
        self.before, self.stage, self.changed_s = self.stage, stage, now
        return now + change.settled_s + self.town.min_green_s[stage]

    def right(self, group: int | None, second: float) -> int:
        """Return what a group shows in a second."""
        if group is None:
            return PROTECTED
        new = self.town.rights[self.stage][group]
        if self.stage == self.before:
            return new if new >= STOP else NO_RIGHT
        change = self.town.changes[self.before, self.stage]
        old, since_s = self.town.rights[self.before][group], second - self.changed_s
        if new >= PERMISSIVE and since_s >= change.start_s[group]:
            return new
        if old >= PERMISSIVE and since_s < change.end_s[group]:
            return old
        return STOP if new == STOP else NO_RIGHT

    def next_on(self, lane: int) -> tuple[float, int] | None:
        """Return the first vehicle of a lane that is really there."""
        return next(((eta, move) for eta, move, _, _ in self.waiting[lane] if move is not None), None)

    def must_wait(self, move: int, at_s: float, second: float) -> bool:
        return any(self.goes_first(other, at_s, second) for other in self.town.moves[move].yields_to)

    def goes_first(self, other: int, at_s: float, second: float) -> bool:
        """Tell whether somebody of another movement has just gone, or has green and is about to come."""
        if other in self.used_s and at_s - self.used_s[other] < CLEAR_AFTER_S:
            return True
        rival = self.town.moves[other]
        if self.right(rival.group, second) < PERMISSIVE:
            return False
        first = self.next_on(rival.lane)
        if first is None or first[1] != other:
            return False
        return max(first[0], self.ready_s[rival.lane]) < at_s + self.town.rules.gap_s

    def mutual(self, move: int) -> list[int]:
        """Return the movements that it lets go first and that let it go first."""
        return [other for other in self.town.moves[move].yields_to if move in self.town.moves[other].yields_to]

    def clear_inside(self, now: float) -> None:
        """Let go whom nobody before whom he has to wait keeps inside; at red these are those who wait for him too."""
        for move, since_s in sorted(self.inside_s.items()):
            red = self.right(self.town.moves[move].group, now) < PERMISSIVE
            firsts = self.mutual(move) if red else self.town.moves[move].yields_to
            if not self.tail_in_way(move) and not any(self.goes_first(other, now, now) for other in firsts):
                self.cost += now - since_s
                self.used_s[move] = now
                del self.inside_s[move]

    def discharge(self, lane: int, second: float) -> None:
        if self.town.stuck[lane] and self.changed_s == -math.inf:
            return
        while self.waiting[lane]:
            eta_s, move, weight, many = self.waiting[lane][0]
            if move is None:
                del self.waiting[lane][0]
            elif not self.lets_go(lane, eta_s, move, (weight, many), second):
                return

    def lets_go(self, lane: int, eta_s: float, index: int, counts: tuple[float, float], second: float) -> bool:
        """Let the first vehicle of a lane go within this second, if it can."""
        move, rules = self.town.moves[index], self.town.rules
        lit = self.right(move.group, second)
        green_s = -math.inf if move.group is None else self.green_from_s.get(move.group, -math.inf)
        out_s = max(eta_s, self.ready_s[lane], green_s + rules.startup_s)
        if LEAVES_IN_THE_PAST not in self.known:
            out_s = max(out_s, second)
        if lit == NO_RIGHT or out_s >= second + 1 or self.is_shut(index):
            return False
        yields = bool(move.yields_to) and lit != PROTECTED
        if yields and index in self.inside_s:
            return False
        stays_inside = yields and self.must_wait(index, out_s, second)
        if stays_inside and not (lit == PERMISSIVE and move.two_step):
            return False
        (self.inside_s if stays_inside else self.used_s)[index] = out_s
        self.room_veh[move.exit] -= 1
        self.ready_s[lane] = out_s + self.headway(lane, lit, bool(move.yields_to))
        self.cost += counts[0] * max(out_s - max(eta_s, 0.0), 0.0)
        del self.waiting[lane][0]
        if move.exit in self.town.feeds:
            onto, way_s, _ = self.town.feeds[move.exit]
            self.waiting[onto].append((out_s + way_s, self.spare[onto].pop(0), *counts))
        return True

    def room(self, exit_lane: int) -> float:
        """Return how many find place in an exit; on a lane of the same junction that depends on who is there."""
        if exit_lane in self.town.feeds:
            onto, _, places = self.town.feeds[exit_lane]
            self.room_veh[exit_lane] = places - len(self.waiting[onto]) if self.spare[onto] else 0.0
        return self.room_veh[exit_lane]

    def is_shut(self, index: int) -> bool:
        """Tell whether there is no room behind, or somebody stands in the junction in the way."""
        exit_lane = self.town.moves[index].exit
        needed = SQUEEZE_VEH if self.leads_to_another(self.town.moves[index]) else 1
        held_up = any(other in self.inside_s for other in self.mutual(index))
        return held_up or self.tail_in_way(index) or self.room(exit_lane) < needed

    def leads_to_another(self, move: Move) -> bool:
        """Tell whether a movement leads to a lane of another one of several signals."""
        if move.exit not in self.town.feeds:
            return False
        onto = self.town.feeds[move.exit][0]
        return any((onto in lanes) != (move.lane in lanes) for lanes, _ in self.town.signals())

    def tail_in_way(self, index: int) -> bool:
        """Tell whether another movement crosses this one to a lane that is so full that its last vehicle sticks out."""
        own = self.town.moves[index]
        for other, crossing in enumerate(self.town.moves):
            meet = other in own.yields_to or index in crossing.yields_to
            if (
                not meet
                or not self.leads_to_another(crossing)
                or crossing.exit == own.exit
                or crossing.lane == own.lane
            ):
                continue
            onto, _, places = self.town.feeds[crossing.exit]
            if len(self.waiting[onto]) > places - SQUEEZE_VEH:
                return True
        return False

    def headway(self, lane: int, lit: int, has_to_yield: bool) -> float:
        if lit == STOP:
            return STOP_HEADWAY_S
        return self.town.permissive_s[lane] if has_to_yield and lit == PERMISSIVE else self.town.headway_s[lane]

    def left_over(self) -> float:
        """Return the cost of those still inside, and of those still on the lanes with a charge for each."""
        end_s = float(self.town.rules.horizon_s)
        rules = self.town.rules
        cost = sum(end_s - since_s for since_s in self.inside_s.values())
        for lane, vehicles in enumerate(self.waiting):
            left = [(eta, weight) for eta, move, weight, _ in vehicles if move is not None and eta < end_s]
            for place, (eta, weight) in enumerate(left, start=1):
                clearing = place * rules.clear_factor * self.town.headway_s[lane]
                cost += weight * (end_s - max(eta, 0.0) + rules.leftover_s + clearing)
        return cost

    def best_stage(self, now: float) -> int:
        """Return the stage that serves most in the next seconds; the present one unless another is clearly better.

        Or, where stages go in order and another one is clearly better, the first after it that serves enough.
        """
        signals = self.town.signals()
        sizes = [size for _, size in signals]
        present = split(self.stage, sizes)
        chosen = list(present)
        for part, (lanes, size) in enumerate(signals):
            wholes = {own: joined([*present[:part], own, *present[part + 1 :]], sizes) for own in range(size)}
            worth = {
                own: sum(self.served(lane, self.town.rights[whole], now) for lane in lanes)
                for own, whole in wholes.items()
                if whole in self.town.allowed
            }
            level = max(worth[present[part]] * self.town.rules.eagerness, 0.5)
            for own in sorted(worth):
                if worth[own] > level:
                    chosen[part], level = own, worth[own]
            enough = self.town.rules.in_order_veh
            if enough > 0 and chosen[part] != present[part]:
                later = [(present[part] + k) % size for k in range(1, size)]
                chosen[part] = next((own for own in later if worth.get(own, 0.0) >= enough), chosen[part])
        return joined(chosen, sizes)

    def served(self, lane: int, rights: list[int], now: float) -> float:
        """Return the vehicles of a lane that a stage would serve before the first it would not; half for permissive."""
        look_s = self.town.rules.look_s
        worth, count = 0.0, 0
        for eta_s, index, _, many in self.waiting[lane]:
            if eta_s >= now + look_s or count >= int(look_s / POLICY_HEADWAY_S):
                break
            if index is None:
                continue
            move = self.town.moves[index]
            lit = PROTECTED if move.group is None else rights[move.group]
            if lit < PERMISSIVE or self.room_veh[move.exit] < 1:
                break
            worth += many if lit == PROTECTED else 0.5 * many
            count += 1
        return worth


def split(stage: int, sizes: list[int]) -> list[int]:
    """Return the stage of each signal."""
    found = []
    for size in reversed(sizes):
        stage, own = divmod(stage, size)
        found.append(own)
    return found[::-1]


def joined(stages: list[int], sizes: list[int]) -> int:
    """Return the number of a stage of all signals together."""
    whole = 0
    for own, size in zip(stages, sizes, strict=True):
        whole = whole * size + own
    return whole


def cost_of(town: Town, stage: int, target: int, delay_s: float, known: frozenset[str] = KNOWN) -> float:
    """Return the cost of one candidate. [veh s]"""
    return SlowRollout(town, stage, known).run(target, delay_s)
