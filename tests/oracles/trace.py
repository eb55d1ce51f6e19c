"""Oracles O1 and O2: judge a lamp trace against the document of its site, and nothing else.

No code of the kernel is used and nothing that the kernel thinks is asked: the rules are read from the JSON document,
the verdict from what was emitted. O1 looks at each frame, O2 rebuilds intervals and gaps. Slow and plain on purpose.
Times are in tenths of a second [ds]. Rights are 0 none, 2 permissive, 3 protected.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

LONGEST_FRAME_DS = 20
LIT = ("green", "green flash", "walk")
STOP = ("red", "don't walk")
WILD = ("flashing amber", "flashing red", "dark")
FOLLOWERS = {
    "vehicle": {
        "green": ("amber",),
        "amber": ("red",),
        "red": ("green", "flashing amber", "dark"),
        "flashing amber": ("red",),
        "dark": ("red", "flashing amber"),
    },
    "crossing": {
        "walk": ("pedestrian clearance",),
        "pedestrian clearance": ("don't walk",),
        "don't walk": ("walk", "dark"),
        "dark": ("don't walk",),
    },
}


class Frame(NamedTuple):
    """One emitted frame: time, (aspect, right) of each group, the calls put in, whether in service, or held by the police.

    `longer`: it is an hour of longer clearance. A police hold may exceed the limits of K4. When it ends, whoever waits has to be served as if he had called then,
    and a green that is past its maximum ends at once.
    """

    at_ds: int
    shown: tuple[tuple[str, int], ...]
    calls: int = 0
    in_service: bool = True
    police: bool = False
    longer: bool = False


class Breach(NamedTuple):
    """A rule that a frame breaks."""

    rule: str
    frame: int
    text: str


class Rules:
    """What the document says, in the oracle's own words."""

    def __init__(self, document: str) -> None:
        site: dict[str, Any] = json.loads(document)
        self.groups: list[dict[str, Any]] = site["groups"]
        self.n = len(self.groups)
        self.compatible = {frozenset(pair) for pair in site["compatible"]}
        self.meeting: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for a, b, letters in site["yield"]:
            pairs = {(2 if one == "g" else 3, 2 if other == "g" else 3) for one, other in letters} | {(2, 2)}
            self.meeting[a, b] = pairs
            self.meeting[b, a] = {(other, one) for one, other in pairs}
        self.gap = {(a, b): gap for a, b, gap in site["intergreen_ds"]}
        rights = {"r": 0, "s": 0, "g": 2, "G": 3}
        self.stages = [[rights[letter] for letter in stage["rights"]] for stage in site["stages"]]
        self.first = self.stages[site["first_stage"]]
        self.served = [any(stage[g] for stage in self.stages) for g in range(self.n)]
        self.flash, self.all_red = site["startup_flash_ds"], site["startup_all_red_ds"]
        self.red_revert = site["red_revert_ds"]
        self.foes = [[b for b in range(self.n) if b != a and not self.may_ever(a, b)] for a in range(self.n)]

    def never_meet(self, a: int, b: int) -> bool:
        """Whether a and b are listed as compatible."""
        return frozenset((a, b)) in self.compatible

    def may_ever(self, a: int, b: int) -> bool:
        """Whether a and b may show green together in any way."""
        return self.never_meet(a, b) or (a, b) in self.meeting

    def may(self, a: int, right_a: int, b: int, right_b: int) -> bool:
        """Whether these two greens may be lit at once."""
        return self.never_meet(a, b) or (right_a, right_b) in self.meeting.get((a, b), ())

    def own(self, g: int) -> int:
        """Amber, or clearance and buffer."""
        group = self.groups[g]
        return int(group["amber_ds"] if group["kind"] == "vehicle" else group["clearance_ds"] + group["buffer_ds"])


def judge(document: str, frames: Sequence[Frame], cold: bool = True) -> list[Breach]:
    """Return every breach that O1 and O2 find. `cold`: the trace begins with power-on, not in the middle of service."""
    rules = Rules(document)
    return o1(rules, frames) + o2(rules, frames, cold)


def o1(rules: Rules, frames: Sequence[Frame]) -> list[Breach]:
    """Return the breaches of K1: each frame against the matrices."""
    found, before = [], None
    for i, frame in enumerate(frames):
        if frame.shown != before:
            found += [Breach("K1", i, text) for text in _frame_faults(rules, frame.shown)]
        before = frame.shown
    return found


def _frame_faults(rules: Rules, shown: tuple[tuple[str, int], ...]) -> list[str]:
    faults = []
    for a, (aspect, right) in enumerate(shown):
        if (aspect in LIT) != (right in (2, 3)):
            faults.append(f"group {a} shows {aspect} with right {right}")
        if aspect not in LIT:
            continue
        for b, (other, other_right) in enumerate(shown):
            if b == a:
                continue
            if other in WILD:
                faults.append(f"group {a} {aspect}, group {b} {other}")
            elif not rules.may_ever(a, b) and other not in STOP:
                faults.append(f"group {a} {aspect}, group {b} {other}")
            elif other in LIT and not rules.may(a, right, b, other_right):
                faults.append(f"group {a} right {right}, group {b} right {other_right}")
    return faults


def o2(rules: Rules, frames: Sequence[Frame], cold: bool = True) -> list[Breach]:
    """Return the breaches of K2 to K5, K7 and K10: intervals and gaps."""
    times, gaps = _times(frames)
    found = []
    for g in range(rules.n):
        found += _intervals(rules, g, frames, times, cold)
    found += _gains(rules, frames, times, cold)
    found += _start_ups(rules, frames, times, gaps, cold)
    found += _flash_entries(rules, frames, times)
    found += _limits(rules, frames, times)
    return found


def _times(frames: Sequence[Frame]) -> tuple[list[int], set[int]]:
    """Return the time of each frame, a step back counting as no time at all, and the frames after a gap or a step."""
    times, gaps = [0], set()
    for i in range(1, len(frames)):
        passed = frames[i].at_ds - frames[i - 1].at_ds
        times.append(times[-1] + max(passed, 0))
        if not 0 <= passed <= LONGEST_FRAME_DS:
            gaps.add(i)
    return times, gaps


def _runs(frames: Sequence[Frame], g: int) -> list[tuple[str, int, int]]:
    """Return (aspect, first frame, first frame after) of a group."""
    runs: list[tuple[str, int, int]] = []
    for i, frame in enumerate(frames):
        aspect = frame.shown[g][0]
        if runs and runs[-1][0] == aspect:
            runs[-1] = (aspect, runs[-1][1], i + 1)
        else:
            runs.append((aspect, i, i + 1))
    return runs


def _intervals(rules: Rules, g: int, frames: Sequence[Frame], times: list[int], cold: bool) -> list[Breach]:
    found = []
    group, runs = rules.groups[g], _runs(frames, g)
    followers = FOLLOWERS[group["kind"]]
    for k, (aspect, start, after) in enumerate(runs):
        name = f"group {g} {aspect}"
        if aspect not in followers:
            found.append(Breach("K2", start, f"{name} is no aspect of its kind"))
            continue
        last = after == len(frames)
        if not last and runs[k + 1][0] not in followers[aspect]:
            found.append(Breach("K2", after, f"{name} then {runs[k + 1][0]}"))
        whole = k > 0 or cold
        lasted = times[min(after, len(frames) - 1)] - times[start]
        clearance = group["clearance_ds"] + _more(rules, g, frames[start])
        exact = {"amber": group["amber_ds"], "pedestrian clearance": clearance}.get(aspect)
        if exact is not None:
            rule = "K2" if aspect == "amber" else "K5"
            if whole and not last and lasted < exact:
                found.append(Breach(rule, after, f"{name} for {lasted} ds, not {exact}"))
            if times[after - 1] - times[start] >= exact:
                found.append(Breach(rule, after - 1, f"{name} for longer than {exact} ds"))
        if aspect in LIT and whole and not last and lasted < group["min_green_ds"]:
            found.append(Breach("K5" if aspect == "walk" else "K3", after, f"{name} for {lasted} ds"))
        ended_before = k > 0 and runs[k - 1][0] in ("amber", "pedestrian clearance")
        if aspect in STOP and ended_before and not last and lasted < rules.red_revert:
            found.append(Breach("K7", after, f"{name} for {lasted} ds before {runs[k + 1][0]}"))
    return found


def _more(rules: Rules, g: int, end: Frame) -> int:
    """Return by how much the clearance is longer that begins with a frame."""
    return int(rules.groups[g].get("longer_ds", 0)) if end.longer else 0


def _gains(rules: Rules, frames: Sequence[Frame], times: list[int], cold: bool) -> list[Breach]:
    """Return starts and gains of priority that come too soon after anybody's loss."""
    found = []
    lost: list[dict[int, int | None]] = [{2: 0 if cold else None, 3: 0 if cold else None} for _ in range(rules.n)]
    more, walks = [0] * rules.n, [-10**9] * rules.n
    for i in range(1, len(frames)):
        before, shown = frames[i - 1].shown, frames[i].shown
        if before == shown:
            continue
        for a in range(rules.n):
            (old, old_right), (new, new_right) = before[a], shown[a]
            if (old_right == 3 or old in WILD) and not (new_right == 3 or new in WILD):
                lost[a][3] = times[i]
            if (old_right >= 2 or old in WILD) and not (new_right >= 2 or new in WILD):
                lost[a][2], more[a] = times[i], _more(rules, a, frames[i])
            if new_right >= 2 > old_right:
                walks[a] = times[i]
        for b in range(rules.n):
            right = shown[b][1]
            if right < 2 or right <= before[b][1]:
                continue
            for a in range(rules.n):
                if a == b or rules.never_meet(a, b):
                    continue
                since = lost[a][2]
                kinds = (rules.groups[a]["kind"], rules.groups[b]["kind"])
                on_foot = kinds == ("crossing", "vehicle") and shown[a][1] < 2 and before[b][1] < 2
                if on_foot and since is not None and times[i] - since < rules.gap[a, b] + more[a]:
                    found.append(Breach("K5", i, f"group {b} starts {times[i] - since} ds after WALK of {a}"))
                lead = rules.groups[a].get("lead_ds", 0) if kinds == ("crossing", "vehicle") else 0
                if shown[a][1] >= 2 and before[b][1] < 2 and times[i] - walks[a] < lead:
                    found.append(Breach("K5", i, f"group {b} starts {times[i] - walks[a]} ds after WALK of {a} began"))
                if rules.may(a, 3, b, right):
                    continue
                since = lost[a][3]
                if shown[a][1] != 3 and since is not None and times[i] - since < rules.gap[a, b] + more[a]:
                    found.append(Breach("K2", i, f"group {b} {times[i] - since} ds after priority of group {a}"))
                since = lost[a][2]
                never = not rules.may(a, 2, b, right)
                if never and shown[a][1] < 2 and since is not None and times[i] - since < rules.gap[a, b] + more[a]:
                    found.append(Breach("K2", i, f"group {b} {times[i] - since} ds after group {a}"))
    return found


def _waits_for_lead(rules: Rules, g: int, shown: tuple[tuple[str, int], ...]) -> bool:
    """Whether a vehicle group is red beside a WALK that it may meet, and that goes ahead of it."""
    ahead = [a for a in range(rules.n) if rules.groups[a].get("lead_ds", 0) and (a, g) in rules.meeting and a != g]
    return rules.groups[g]["kind"] == "vehicle" and shown[g][1] < 2 and any(shown[a][1] >= 2 for a in ahead)


def _start_ups(
    rules: Rules, frames: Sequence[Frame], times: list[int], gaps: set[int], cold: bool
) -> list[Breach]:
    """Return greens that come out of order after power-on, flash, dark or trouble with the clock."""
    found = []
    starting, flashed, stopped = cold, 0, None
    with_flash = rules.flash and any(group["kind"] == "vehicle" for group in rules.groups)
    for i, frame in enumerate(frames):
        aspects = [aspect for aspect, _ in frame.shown]
        if i in gaps or any(aspect in WILD for aspect in aspects):
            starting = True
        if i in gaps:
            flashed = 0
        if "flashing amber" in aspects:
            flashed += times[min(i + 1, len(frames) - 1)] - times[i]
        elif "dark" in aspects and i not in gaps and with_flash:
            flashed = 0
        if all(aspect in STOP for aspect in aspects):
            stopped = times[i] if stopped is None or i in gaps else stopped
            continue
        started = [g for g, aspect in enumerate(aspects) if aspect in LIT and (not i or frames[i - 1].shown[g][0] in STOP)]
        if starting and started:
            if stopped is None or times[i] - stopped < rules.all_red:
                found.append(Breach("K7", i, f"green of groups {started} without all red of {rules.all_red} ds"))
            if with_flash and flashed < rules.flash:
                found.append(Breach("K7", i, f"green of groups {started} after {flashed} ds of flash"))
            due = [0 if _waits_for_lead(rules, g, frame.shown) else right for g, right in enumerate(rules.first)]
            if any(rules.first) and [right for _, right in frame.shown] != due:
                found.append(Breach("K7", i, f"groups {started} are not the first stage"))
            starting, flashed = False, 0
        stopped = None
    return found


def _flash_entries(rules: Rules, frames: Sequence[Frame], times: list[int]) -> list[Breach]:
    """Return flash or dark that was not reached through amber and all red."""
    found = []
    ended: list[int | None] = [None] * rules.n
    stopped = None
    for i in range(1, len(frames)):
        before, shown = frames[i - 1].shown, frames[i].shown
        if all(aspect in STOP for aspect, _ in before):
            stopped = times[i - 1] if stopped is None else stopped
        else:
            stopped = None
        for g in range(rules.n):
            if before[g][0] in LIT and shown[g][0] not in LIT:
                ended[g] = times[i]
        enters = any(aspect in WILD for aspect, _ in shown) and not any(aspect in WILD for aspect, _ in before)
        if not enters:
            continue
        if stopped is None:
            found.append(Breach("K7", i, "flash or dark without all red before"))
        for g, end in enumerate(ended):
            if end is not None and times[i] - end < rules.own(g):
                found.append(Breach("K7", i, f"flash or dark {times[i] - end} ds after group {g} ended"))
    return found


def _limits(rules: Rules, frames: Sequence[Frame], times: list[int]) -> list[Breach]:
    """Return reds and opposed greens that pass their maximum (K4)."""
    found = []
    waits: list[int | None] = [None] * rules.n
    opposed: list[int | None] = [None] * rules.n
    serving = held = False
    for i, frame in enumerate(frames):
        if (frame.in_service and not serving) or (held and not frame.police):
            waits = [None if since is None else times[i] for since in waits]
        serving, held = frame.in_service, frame.police
        for g, (aspect, _) in enumerate(frame.shown):
            if aspect in LIT:
                waits[g] = None
            elif waits[g] is None and frame.calls >> g & 1 and rules.served[g]:
                waits[g] = times[i]
        for g, (aspect, _) in enumerate(frame.shown):
            since = waits[g]
            if serving and not held and since is not None and times[i] - since >= rules.groups[g]["max_red_ds"]:
                found.append(Breach("K4", i, f"group {g} waits since {since} ds"))
            if aspect not in LIT:
                opposed[g] = None
                continue
            since = opposed[g]
            if since is None and any(waits[b] is not None for b in rules.foes[g]):
                opposed[g] = since = times[i]
            if not held and since is not None and times[i] - since >= rules.groups[g]["max_green_ds"]:
                found.append(Breach("K4", i, f"group {g} green, opposed since {since} ds"))
    return found
