"""What one signal showed, from SUMO's own record: intervals per link, and the stages they add up to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.written import tags

STEADY_S: Final = 3.0
GREEN: Final = frozenset("Gg")
_CHANGING: Final = frozenset("yYu")


@dataclass(frozen=True, slots=True)
class Shown:
    """One state of a signal from one time to the next; a letter per link. [s]"""

    from_s: float
    to_s: float
    state: str

    @property
    def duration_s(self) -> float:
        """How long it stood. [s]"""
        return self.to_s - self.from_s

    @property
    def steady(self) -> bool:
        """Whether something is green, nothing changes, and it stands long enough to be a stage."""
        letters = set(self.state)
        return self.duration_s >= STEADY_S and not letters & _CHANGING and bool(letters & GREEN)


@dataclass(frozen=True, slots=True)
class Stage:
    """Links green together: letter, their state, and its share of the time by controller, 0 to 1."""

    letter: str
    state: str
    shares: Mapping[str, float]


def read_lamps(tls_states: Path, signal: str) -> tuple[Shown, ...]:
    """Return what a signal showed, in order.

    Raises: BackendError if the record is missing or damaged; InvalidInputError if it lacks that signal.
    """
    return read_all_lamps(tls_states, (signal,))[signal]


def read_all_lamps(tls_states: Path, signals: Collection[str]) -> dict[str, tuple[Shown, ...]]:
    """Return what each of some signals showed, in order; the record is read once.

    Raises: BackendError if the record is missing or damaged; InvalidInputError if it lacks one of them.
    """
    found: dict[str, tuple[list[float], list[str]]] = {signal: ([], []) for signal in signals}
    for tag, attributes in tags(tls_states):
        if tag == "tlsState" and (known := found.get(attributes.get("id", ""))) is not None:
            known[0].append(float(attributes.get("time", "nan")))
            known[1].append(attributes.get("state", ""))
    missing = [signal for signal, (times, _) in found.items() if not times]
    if missing:
        raise InvalidInputError(f"{tls_states} does not record the signal {missing[0]}")
    return {signal: tuple(_runs(times, states, _step_s(times))) for signal, (times, states) in found.items()}


def _step_s(times: Sequence[float]) -> float:
    return times[1] - times[0] if len(times) > 1 else 1.0


def within(lamps: Iterable[Shown], from_s: float, to_s: float) -> tuple[Shown, ...]:
    """Return the part between two times. [s]"""
    cut = (Shown(max(s.from_s, from_s), min(s.to_s, to_s), s.state) for s in lamps)
    return tuple(shown for shown in cut if shown.duration_s > 0)


def link_groups(records: Iterable[Sequence[Shown]], keys: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Return links that never differ in any of the records and share a key, in order of their first link."""
    states = [shown.state for record in records for shown in record]
    seen: dict[tuple[str, str], list[int]] = {}
    for link, key in enumerate(keys):
        column = "".join(state[link] for state in states if link < len(state))
        seen.setdefault((key, column), []).append(link)
    return tuple(tuple(links) for links in seen.values())


def bars(lamps: Sequence[Shown], link: int) -> tuple[tuple[float, float, str], ...]:
    """Return (from [s], to [s], letter) of one link."""
    found = []
    for letter, run in groupby(lamps, key=lambda shown: shown.state[link]):
        stretch = list(run)
        found.append((stretch[0].from_s, stretch[-1].to_s, letter))
    return tuple(found)


def longest_red_s(tls_states: Path, from_s: float = 0.0) -> float:
    """Return the longest time that a link of any signal is without green, of those that end after a time. [s]

    Whoever is green at no time is left out: no stage serves it. Nothing is said of whether anybody waited.
    Raises: BackendError if the record is missing or damaged.
    """
    signals = {attributes.get("id", "") for tag, attributes in tags(tls_states) if tag == "tlsState"}
    return max((_longest_red_s(each, from_s) for each in read_all_lamps(tls_states, signals).values()), default=0.0)


def _longest_red_s(lamps: Sequence[Shown], from_s: float) -> float:
    longest_s = 0.0
    for link in range(len(lamps[0].state)):
        lit = [shown for shown in lamps if shown.state[link] in GREEN]
        ends = [(lamps[0].from_s, lit[0].from_s)] if lit else []
        ends += [(shown.to_s, after.from_s) for shown, after in pairwise(lit)]
        ends += [(lit[-1].to_s, lamps[-1].to_s)] if lit else []
        longest_s = max(longest_s, *(end_s - begin_s for begin_s, end_s in ends if end_s > from_s), 0.0)
    return longest_s


def stages(records: Mapping[str, Sequence[Shown]], most: int = 8, least_share: float = 0.02) -> tuple[Stage, ...]:
    """Return the stages of a junction, longest first, at most `most`, with their share by controller."""
    stood_s: dict[str, dict[str, float]] = {}
    for controller, lamps in records.items():
        for shown in lamps:
            if shown.steady:
                by_controller = stood_s.setdefault(_key(shown.state), {})
                by_controller[controller] = by_controller.get(controller, 0.0) + shown.duration_s
    total_s = {controller: sum(s.duration_s for s in lamps) or 1.0 for controller, lamps in records.items()}
    shares = {
        state: {controller: stood.get(controller, 0.0) / total_s[controller] for controller in records}
        for state, stood in stood_s.items()
    }
    kept = [state for state, share in shares.items() if max(share.values()) >= least_share]
    kept.sort(key=lambda state: -sum(shares[state].values()))
    return tuple(Stage(chr(ord("A") + k), state, shares[state]) for k, state in enumerate(kept[:most]))


def letter_of(shown: Shown, known: Sequence[Stage]) -> str:
    """Return the letter of the stage that is shown, or nothing."""
    if not shown.steady:
        return ""
    return next((stage.letter for stage in known if stage.state == _key(shown.state)), "")


def _key(state: str) -> str:
    return "".join(letter if letter in GREEN else "r" for letter in state)


def _runs(times: Sequence[float], states: Sequence[str], step_s: float) -> Iterable[Shown]:
    start = 0
    for k in range(1, len(times) + 1):
        if k == len(times) or states[k] != states[start]:
            end_s = times[k] if k < len(times) else times[-1] + step_s
            yield Shown(times[start], end_s, states[start])
            start = k
