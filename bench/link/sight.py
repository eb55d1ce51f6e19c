"""What the trial signal sees: a lane with a loop at its stop line for each group of vehicles, an adviser by script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from detectors.loops.events import LoopEvent
from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Loop, LoopRole, Movement
from signal_ctrl.domain.site import GroupKind, Site
from signal_ctrl.engine.adviser import Advised, Glimpse


def trial_layout(site: Site) -> JunctionLayout:
    """Return the layout: lane, movement, exit and loop k belong to group k, channels count from 1."""
    roads = [g for g, group in enumerate(site.groups) if group.kind is GroupKind.VEHICLE]
    lanes = tuple(ApproachLane(f"in{g}", f"in{g}", 200.0, 13.9, (k,), (k,), False) for k, g in enumerate(roads))
    movements = tuple(Movement(g, g, k, k, 15.0, "s", ()) for k, g in enumerate(roads))
    exits = tuple(Exit(f"out{g}", 200.0, 13.9, "", NONE, 200.0) for g in roads)
    loops = tuple(Loop(f"loop{g}", f"in{g}", 198.0, 2.0, LoopRole.STOP, (k,), 0.0, k + 1) for k, g in enumerate(roads))
    return JunctionLayout(site.signal_id, lanes, movements, exits, (), loops)


@dataclass(slots=True)
class ScriptedLoops:
    """Loops that tell what a script gives; edges in the order of time."""

    coming: list[LoopEvent] = field(default_factory=list)

    def read(self, now_s: float) -> Sequence[LoopEvent]:
        """Return the edges up to a time. [s]"""
        here = [event for event in self.coming if event.time_s <= now_s]
        self.coming = self.coming[len(here) :]
        return here


@dataclass(slots=True)
class ScriptedAdviser:
    """An adviser that answers what a script says, at once; None: it says nothing."""

    script: Callable[[Glimpse], Advised | None]
    answer: Advised | None = None
    seen: list[Glimpse] = field(default_factory=list)

    def ask(self, glimpse: Glimpse) -> None:
        """Answer a second."""
        self.seen.append(glimpse)
        said = self.script(glimpse)
        self.answer = self.answer if said is None else said
