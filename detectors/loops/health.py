"""Which loops tell the truth: a state per loop from events and lamps alone, by what a vehicle cannot do.

A fault shows by the loop itself (pulses shorter than a vehicle makes, more of them than a lane can let through, on for
longer than anybody stands) or, much sooner, by the loops before and behind it on the same way: who was seen there must
have been seen here. Time is an argument; nothing is read and nothing is set outside.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from detectors.loops.events import LoopEvent
from detectors.loops.kin import Kin, kin_of
from signal_ctrl.domain.detection import Detection, DetectorState
from signal_ctrl.domain.network import JunctionLayout, LoopRole

CLEAR_S: Final = 600.0
CLEAR_PULSES: Final = 3
ON_AT_MOST_S: Final = 900.0
QUIET_S: Final = 600.0
SHORTEST_VEHICLE_M: Final = 2.0
SPEEDING: Final = 1.7
ODD_PULSES: Final = 5.0
ODD_FADE_S: Final = 10.0
SHORTEST_HEADWAY_S: Final = 1.5
BURST_PULSES: Final = 10.0
AHEAD_S: Final = 1.0
STALE_S: Final = 10.0
SETTLE_S: Final = 10.0
ON_WAY_S: Final = 25.0
LONG_ON_S: Final = 60.0
ROUND_S: Final = 240.0
WAVE_MPS: Final = 5.0
UNHEARD_S: Final = 60.0
LONG_UNHEARD_S: Final = 180.0
OPEN_S: Final = 30.0
HUSHED_VEH: Final = 2.0
FAR_VEH: Final = 4
HUNG_S: Final = 10.0
TURNS: Final = 4
ROLE_WEIGHT: Final = {LoopRole.STOP: 2.0, LoopRole.MIDDLE: 1.5, LoopRole.ADVANCE: 1.0}
UNSEEN: Final = "silent while others see traffic"
_GREENS: Final = "Gg"


class Standing(Enum):
    """Why a loop is in its state.

    Hushed: not heard of yet, though others have seen the first vehicles. Silent: not heard of for long, and no other
    loop can vouch for it. Hung: it went on and never off since, away from the stop line, where the first vehicle of all
    seldom stops. These three take their word back with the first vehicle that they report.
    """

    OK = "ok"
    ODD = "odd pulses"
    HUSHED = "hushed"
    SILENT = "silent"
    HUNG = "hung"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Proof:
    """How much has to speak against a loop before it has failed.

    `unseen_veh`: vehicles that its kin saw and it did not; `blocked_s`: a queue stands behind it, nobody on it [s];
    `passed_veh`, at the stop line `passed_stop_veh`: vehicles that its kin saw pass while it was on; `open_s`: green of
    its lanes while it was on [s].
    """

    unseen_veh: float
    blocked_s: float
    passed_veh: int
    passed_stop_veh: int
    open_s: float


PROVEN: Final = Proof(16.0, 180.0, 30, 30, 240.0)
"""For a loop that has reported a vehicle before. In jams healthy loops miss up to 15 that changed lanes."""
UNPROVEN: Final = Proof(5.0, 30.0, 4, 8, 20.0)
"""For a loop that has never reported a whole vehicle: nothing says that it ever worked."""


@dataclass(slots=True)
class Record:
    """What is known of one loop. [s]

    `seen` counts vehicles, `believed` those of them that were told while the loop was trusted, `unseen` those that each
    of its kin saw since it spoke; `accuser` is the one of them by whose word it has failed, -1 if it has by its own.
    """

    on_s: float | None = None
    edge_s: float = -1e9
    seen: int = 0
    believed: int = 0
    odd: float = 0.0
    odd_s: float = -1e9
    burst: float = 0.0
    burst_s: float = -1e9
    at_on: tuple[int, ...] = ()
    open_at_on_s: float = 0.0
    unseen: dict[int, int] = field(default_factory=dict)
    unseen_s: dict[int, float] = field(default_factory=dict)
    unseen_from_s: float = 0.0
    bad_s: float = -1e9
    seen_at_bad: int = 0
    accuser: int = -1
    standing: Standing = Standing.OK
    why: str = ""

    @property
    def proof(self) -> Proof:
        """How much it takes."""
        return PROVEN if self.seen else UNPROVEN

    def oddness(self, now_s: float) -> float:
        """Return how many pulses that no vehicle makes there were; they fade. [s]"""
        return max(self.odd - max(now_s - self.odd_s, 0.0) / ODD_FADE_S, 0.0) if self.odd else 0.0

    def is_odd(self, now_s: float) -> bool:
        """Return whether there were too many of them to believe what it says against others. [s]"""
        return self.oddness(now_s) > ODD_PULSES / 2

    def note_odd(self, at_s: float) -> None:
        """Note a pulse that no vehicle makes. [s]"""
        self.odd = self.oddness(at_s) + 1.0
        self.odd_s = max(at_s, self.odd_s)


class LoopHealth:
    """The states of all loops of one junction. Events come as they come; `assess` is asked once a second or so."""

    def __init__(self, layout: JunctionLayout) -> None:
        self.failed: frozenset[int] = frozenset()
        self.silent: frozenset[int] = frozenset()
        self.hushed: frozenset[int] = frozenset()
        self.hung: frozenset[int] = frozenset()
        self._layout = layout
        self._kin: tuple[Kin, ...] = kin_of(layout)
        self._records = [Record() for _ in layout.loops]
        self._shortest_s = [
            (loop.length_m + SHORTEST_VEHICLE_M) / (SPEEDING * max(layout.lanes[i].speed_mps for i in loop.serves))
            for loop in layout.loops
        ]
        self._open_s = [0.0] * len(layout.lanes)
        self._lamps_of = [[layout.movements[m].lamp for m in lane.movements] for lane in layout.lanes]
        self._begin_s: float | None = None
        self._last_s = 0.0
        self._turn = 0

    def state(self, loop: int) -> DetectorState:
        """Return what is thought of a loop."""
        standing = self._records[loop].standing
        return {Standing.OK: DetectorState.OK, Standing.FAILED: DetectorState.FAILED}.get(
            standing, DetectorState.SUSPECT
        )

    def why(self, loop: int) -> str:
        """Return what speaks against a loop, empty if nothing does."""
        return self._records[loop].why

    def detection(self) -> Detection:
        """Return how much of the junction is still seen."""
        loops, gone = self._layout.loops, self.failed | self.silent
        weights = [ROLE_WEIGHT[loop.role] for loop in loops]
        return Detection(
            failed=self.failed,
            unsure=frozenset(lane for k in gone if loops[k].role is LoopRole.STOP for lane in loops[k].serves),
            lost=sum([weights[k] for k in self.failed]) / max(sum(weights), 1.0),
        )

    def believes(self, event: LoopEvent, now_s: float | None = None) -> bool:
        """Take in an event; return whether it may be listened to. `now_s` is the time at which it arrived. [s]

        One from the future, or too late to tell where anybody is, counts against its loop and is not.
        """
        record = self._records[event.loop]
        if now_s is not None and not -STALE_S <= event.time_s - now_s <= AHEAD_S:
            record.note_odd(now_s)
            return False
        if event.on:
            self._went_on(event.loop, record, event.time_s)
        elif record.on_s is not None:
            self._went_off(event.loop, record, event.time_s)
        record.edge_s = max(record.edge_s, event.time_s)
        return record.standing is not Standing.FAILED

    def _went_on(self, loop: int, record: Record, at_s: float) -> None:
        record.burst = max(record.burst - max(at_s - record.burst_s, 0.0) / SHORTEST_HEADWAY_S, 0.0) + 1.0
        record.burst_s = max(at_s, record.burst_s)
        record.on_s = at_s
        record.at_on = tuple([self._records[k].believed for k in self._kin[loop].near])
        record.open_at_on_s = self._opened_s(loop)
        if record.unseen:
            record.unseen.clear()

    def _went_off(self, loop: int, record: Record, at_s: float) -> None:
        lasted_s = at_s - record.on_s if record.on_s is not None else 0.0
        record.on_s = None
        if lasted_s < self._shortest_s[loop]:
            record.note_odd(at_s)
            return
        record.seen += 1
        if record.standing is Standing.FAILED or record.is_odd(at_s):
            return
        record.believed += 1
        for other in self._kin[loop].accuses:
            accused = self._records[other]
            if accused.on_s is None:
                if not accused.unseen:
                    accused.unseen_from_s = at_s
                accused.unseen[loop] = accused.unseen.get(loop, 0) + 1
                accused.unseen_s[loop] = at_s

    def _opened_s(self, loop: int) -> float:
        return min([self._open_s[lane] for lane in self._layout.loops[loop].serves])

    def assess(self, now_s: float, lamps: str) -> bool:
        """Judge the loops whose turn it is; return whether others are distrusted than before. [s]"""
        if self._begin_s is None:
            self._begin_s = self._last_s = now_s
        dt_s, self._last_s = now_s - self._last_s, now_s
        for lane, own in enumerate(self._lamps_of):
            if own and all([lamps[lamp] in _GREENS for lamp in own]):
                self._open_s[lane] += dt_s
        self._turn = (self._turn + 1) % TURNS
        changed = False
        for loop in range(self._turn, len(self._records), TURNS):
            changed = self._judge(loop, self._records[loop], now_s) or changed
        if changed:
            self.failed = self._those(Standing.FAILED)
            self.silent = self._those(Standing.SILENT)
            self.hushed = self._those(Standing.HUSHED)
            self.hung = self._those(Standing.HUNG)
        return changed

    def _those(self, standing: "Standing") -> frozenset[int]:
        return frozenset(k for k, record in enumerate(self._records) if record.standing is standing)

    def _judge(self, loop: int, record: Record, now_s: float) -> bool:
        """Judge one loop and return whether it stands otherwise than before. [s]"""
        before = record.standing
        why = self._fault(loop, record, now_s)
        if why:
            record.bad_s, record.seen_at_bad = now_s, record.seen
            if before is not Standing.FAILED:
                record.standing, record.why = Standing.FAILED, why
                record.accuser = self._accuser(loop, record, now_s) if why == UNSEEN else -1
                self._void(loop)
        elif before is not Standing.FAILED:
            record.standing = self._doubt(loop, record, now_s)
        elif now_s - record.bad_s >= CLEAR_S and record.seen - record.seen_at_bad >= CLEAR_PULSES:
            record.standing, record.why = Standing.OK, ""
        return record.standing is not before

    def _doubt(self, loop: int, record: Record, now_s: float) -> "Standing":
        """Return how a loop stands that has not failed. [s]"""
        if record.on_s is None:
            arrived = now_s - record.unseen_from_s >= ON_WAY_S
            if not record.seen and record.unseen and arrived and self._is_hushed(loop, record, now_s):
                return Standing.HUSHED
            if self._says_nothing(loop, record, now_s):
                return Standing.SILENT
        elif not (record.seen or self._layout.loops[loop].role is LoopRole.STOP) and now_s - record.on_s >= HUNG_S:
            return Standing.HUNG
        return Standing.ODD if record.is_odd(now_s) else Standing.OK

    def _is_hushed(self, loop: int, record: Record, now_s: float) -> bool:
        """Return whether a loop that was not heard of yet should have seen the first vehicles.

        A middle loop is doubted by the one behind it only together with those ahead: lanes are changed before it.
        """
        role, kin = self._layout.loops[loop].role, self._kin[loop]
        if role is LoopRole.STOP:
            return self._unseen(loop, record, now_s, self.hushed) >= HUSHED_VEH
        if role is not LoopRole.MIDDLE or not kin.ahead or any(self._records[k].edge_s > -1e9 for k in kin.ahead):
            return False
        return any(
            self._kin[k].ahead == tuple(sorted((loop, *kin.ahead))) and n >= FAR_VEH for k, n in record.unseen.items()
        )

    def _void(self, witness: int) -> None:
        """What a failed loop said against others counts for nothing, nor does what was thought because of it."""
        for other in self._kin[witness].accuses:
            accused = self._records[other]
            accused.unseen.pop(witness, None)
            if accused.standing is Standing.FAILED and accused.accuser == witness:
                accused.standing, accused.why = Standing.OK, ""

    def _fault(self, loop: int, record: Record, now_s: float) -> str:
        if record.oddness(now_s) > ODD_PULSES - 1.0:
            return "pulses that no vehicle makes"
        if record.burst >= BURST_PULSES and now_s - record.burst_s < BURST_PULSES:
            return "more vehicles than a lane lets through"
        if record.on_s is not None:
            lasted_s = now_s - record.on_s
            return self._stuck_on(loop, record, lasted_s) if lasted_s >= LONG_ON_S else ""
        if record.unseen and self._unseen(loop, record, now_s) >= record.proof.unseen_veh:
            latest_s = max(record.unseen_s[k] for k in record.unseen)
            return UNSEEN if now_s - latest_s >= SETTLE_S else ""
        return self._passed_over(loop, record, now_s)

    def _unseen(self, loop: int, record: Record, now_s: float, hushed: frozenset[int] = frozenset()) -> float:
        """Return the vehicles that a loop should have seen since it last spoke, by its best witness. [veh], [s]

        Args: hushed, loops that count as failed though they are only doubted.
        """
        return max(self._testimony(loop, record, now_s, hushed).values(), default=0.0)

    def _accuser(self, loop: int, record: Record, now_s: float) -> int:
        """Return the best witness against a loop, -1 if there is none. [s]"""
        said = self._testimony(loop, record, now_s, frozenset())
        return max(said, key=lambda k: said[k], default=-1)

    def _testimony(self, loop: int, record: Record, now_s: float, hushed: frozenset[int]) -> dict[int, float]:
        witnesses = self._kin[loop].witnesses
        return {
            k: count * witnesses[k].counts(self.failed | hushed)
            for k, count in record.unseen.items()
            if not self._records[k].is_odd(now_s)
        }

    def _stuck_on(self, loop: int, record: Record, lasted_s: float) -> str:
        proof, opened_s = record.proof, self._opened_s(loop) - record.open_at_on_s
        near = zip(self._kin[loop].near, record.at_on, strict=True)
        moved = max([self._records[k].believed - was for k, was in near], default=0)
        at_stop = self._layout.loops[loop].role is LoopRole.STOP
        if moved >= (proof.passed_stop_veh if at_stop else proof.passed_veh):
            return "on while traffic moves"
        if (at_stop or not record.seen) and opened_s >= proof.open_s + self._layout.loops[loop].to_stop_m / WAVE_MPS:
            return "on through green"
        if lasted_s >= ON_AT_MOST_S or (not record.seen and lasted_s >= ROUND_S and opened_s >= OPEN_S):
            return "on for too long"
        return ""

    def _passed_over(self, loop: int, record: Record, now_s: float) -> str:
        """Return the fault of a loop that saw nobody while a queue stands behind it. [s]"""
        limit_s = record.proof.blocked_s
        for behind in self._kin[loop].behind:
            other = self._records[behind]
            if other.on_s is None or not other.seen or other.standing is not Standing.OK:
                continue
            if record.seen and self._layout.loops[behind].role is LoopRole.ADVANCE:
                continue  # it may be that one which has just stuck, on an empty lane
            since_s = max([other.on_s, *(self._records[k].edge_s for k in self._kin[behind].ahead)])
            if now_s - since_s >= limit_s and all(self._records[k].on_s is None for k in self._kin[behind].ahead):
                return "silent before a queue"
        return ""

    def _says_nothing(self, loop: int, record: Record, now_s: float) -> bool:
        """Return whether a loop that nobody vouches for has not been heard of for long: it may be dead. [s]

        Away from the stop line that is thought only where another loop of the lane has failed.
        """
        quiet_s = now_s - max(record.edge_s, now_s if self._begin_s is None else self._begin_s)
        if quiet_s < (QUIET_S if record.seen else UNHEARD_S):
            return False
        others = [self._records[k] for k in self._kin[loop].witnesses]
        suspicious = any(other.standing is Standing.FAILED for other in others)
        if not suspicious and self._layout.loops[loop].role is not LoopRole.STOP:
            return False
        if not record.seen and not suspicious and quiet_s < LONG_UNHEARD_S:
            return False
        return not any(other.seen and other.standing is not Standing.FAILED for other in others)
