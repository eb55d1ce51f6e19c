"""A slow performer of plans, written from the rules alone: who may start when, tenth by tenth, and what follows from it.

It shares no code with kernel, acceptance or review: it reads the JSON document of a site. A change begins when the plan
says so. Who leaves ends when nobody any longer needs it to wait, at the latest moment that delays no start; who comes
starts as soon as every pair of rights that may not be lit together has its intergreen behind it (K1, K2, K5).
"""

import json
from itertools import pairwise
from typing import Any

RANK = {"r": 0, "s": 1, "g": 2, "G": 3}
LIT = 2
CYCLES = 3
LONG_AGO = -10_000


class SlowLamps:
    """One site as its document says. Times in tenths of a second."""

    def __init__(self, document: str) -> None:
        self.site: dict[str, Any] = json.loads(document)
        self.groups = self.site["groups"]
        self.n = len(self.groups)
        self.rights = {stage["name"]: [RANK[c] for c in stage["rights"]] for stage in self.site["stages"]}
        self.gap = {(a, b): t for a, b, t in self.site["intergreen_ds"]}
        self.always = {frozenset(pair) for pair in self.site["compatible"]}
        self.some: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for a, b, letters in self.site["yield"]:
            pairs = {(RANK[x], RANK[y]) for x, y in letters} | {(2, 2)}
            self.some[a, b] = pairs
            self.some[b, a] = {(y, x) for x, y in pairs}

    def together(self, a: int, right_a: int, b: int, right_b: int) -> bool:
        if min(right_a, right_b) < LIT or a == b or frozenset((a, b)) in self.always:
            return True
        return (right_a, right_b) in self.some.get((a, b), set())

    def never(self, a: int, b: int) -> bool:
        return a != b and frozenset((a, b)) not in self.always and (a, b) not in self.some

    def verdict(self, stages: list[str], splits: list[int]) -> set[str]:
        """Return the rules that the plan breaks: 'stage', 'service', 'minimum', 'maximum green', 'maximum red'."""
        if any(name not in self.rights for name in stages):
            return {"stage"}
        served = [any(self.rights[name][g] >= LIT for name in stages) for g in range(self.n)]
        servable = [any(rights[g] >= LIT for rights in self.rights.values()) for g in range(self.n)]
        if served != servable:
            return {"service"}
        return self.perform(stages, splits) or self.limits(servable)

    def perform(self, stages: list[str], splits: list[int]) -> set[str]:
        """Play the plan; keep when each group was lit, and return {'minimum'} if a change would come too early."""
        self.right = [right if right >= LIT else 0 for right in self.rights[stages[-1]]]
        self.since = [LONG_AGO] * self.n
        self.lost = [{2: LONG_AGO, 3: LONG_AGO} for _ in range(self.n)]  # when a right of that rank was given up
        self.greens: list[list[list[int]]] = [[] for _ in range(self.n)]
        now = 0
        for turn in range(CYCLES * len(stages)):
            wanted = [right if right >= LIT else 0 for right in self.rights[stages[turn % len(stages)]]]
            due = now + splits[turn % len(stages)]
            if not self.change(wanted, now, due):
                return {"minimum"}
            now = due
        return set()

    def change(self, wanted: list[int], now: int, due: int) -> bool:
        """Make one change; return whether everybody is there and past the minimum green when the next is due."""
        before = self.right[:]
        starts = {g: self.earliest(g, wanted, before, now) for g in range(self.n) if wanted[g] > before[g]}
        for a in range(self.n):
            if wanted[a] < before[a]:
                self.leave(a, wanted, before, starts, now, due)
        for g, start in starts.items():
            if before[g] < LIT:
                self.since[g] = start
                self.greens[g].append([start, -1])
            if start > due:
                return False
        self.right = wanted[:]
        return all(due - self.since[g] >= self.groups[g]["min_green_ds"] for g in range(self.n) if wanted[g] >= LIT)

    def earliest(self, g: int, wanted: list[int], before: list[int], now: int) -> int:
        """Return the first tenth at which a group may show its new right, by looking at each other group."""
        start = now
        if before[g] < LIT:
            start = max(start, self.lost[g][2] + self.site["red_revert_ds"])
        for a in range(self.n):
            for rank in (2, 3):
                if self.together(a, rank, g, wanted[g]):
                    continue
                left = self.lost[a][rank]
                if before[a] >= rank and wanted[a] < rank:
                    ends = wanted[a] < LIT
                    left = max(now, self.since[a] + self.groups[a]["min_green_ds"]) if ends else now
                start = max(start, left + self.gap[a, g])
        return start

    def leave(self, a: int, wanted: list[int], before: list[int], starts: dict[int, int], now: int, due: int) -> None:
        latest = [
            start - self.gap[a, g] for g, start in starts.items() if not self.together(a, before[a], g, wanted[g])
        ]
        end = max(min(latest, default=now), now)
        if before[a] == 3:
            self.lost[a][3] = end
        if wanted[a] < LIT:
            self.lost[a][2] = end
            if self.greens[a]:
                self.greens[a][-1][1] = end

    def limits(self, served: list[bool]) -> set[str]:
        """Return which limits the greens and reds pass while everybody who is red waits."""
        found = set()
        for g in range(self.n):
            whole = [(begin, end) for begin, end in self.greens[g] if end >= 0]
            opposed = any(self.never(g, other) and served[other] for other in range(self.n))
            if opposed and any(end - begin > self.groups[g]["max_green_ds"] for begin, end in whole):
                found.add("maximum green")
            if any(b[0] - a[1] > self.groups[g]["max_red_ds"] for a, b in pairwise(whole)):
                found.add("maximum red")
        return found
