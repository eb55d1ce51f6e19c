"""Who judges loops by what sources tell: the port, and several judges as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from detectors.live.told import Told
from signal_ctrl.domain.detection import DetectorState

QUALITY: Final = {DetectorState.OK: "ok", DetectorState.SUSPECT: "suspect", DetectorState.FAILED: "fault"}
WORSE: Final = tuple(QUALITY.values())


@dataclass(frozen=True, slots=True)
class LoopStanding:
    """What is thought of one loop, why, and since when. [s]"""

    device: str
    channel: int
    loop_id: str
    state: DetectorState
    why: str
    since_s: float | None


class LoopJudge(Protocol):
    """Judges loops by what sources tell. `quality` is one of ok, suspect, fault."""

    def take(self, told: Told) -> None:
        """Take in what a source told."""

    def quality(self, device: str, channel: int) -> str:
        """Return what is thought of a loop now."""

    def standings(self) -> tuple[LoopStanding, ...]:
        """Return what is thought of all loops."""


class Judges:
    """Several judges of the same loops as one `LoopJudge`: the one that thinks worst of a loop speaks."""

    def __init__(self, judges: Sequence[LoopJudge]) -> None:
        self._judges = tuple(judges)

    def take(self, told: Told) -> None:
        """Take in what a source told."""
        for judge in self._judges:
            judge.take(told)

    def quality(self, device: str, channel: int) -> str:
        """Return what is thought of a loop now."""
        return max((judge.quality(device, channel) for judge in self._judges), key=WORSE.index)

    def standings(self) -> tuple[LoopStanding, ...]:
        """Return what is thought of all loops, by signal and channel."""
        worst: dict[tuple[str, int], LoopStanding] = {}
        for judge in self._judges:
            for one in judge.standings():
                known = worst.get((one.device, one.channel))
                if known is None or _badness(one) > _badness(known):
                    worst[one.device, one.channel] = one
        return tuple(worst[key] for key in sorted(worst))


def _badness(standing: LoopStanding) -> int:
    return WORSE.index(QUALITY[standing.state])
