"""What part C of SAFETY says of overrides, slowly and obviously. It shares no code with the centre.

Times are whole seconds. A cabinet's time under overrides is a set of seconds; who has to agree is a list of questions.
"""

from dataclasses import dataclass, field

DISTRICT_OF = {"c0": "d0", "c1": "d1", "c2": "d0", "c3": "d1"}


@dataclass
class Told:
    """An override as the oracle knows it."""

    kind: str
    cabinets: tuple[str, ...]
    issuer: str
    issued_s: int
    start_s: int
    end_s: int
    state: str
    activated: int = -1
    ended_s: int | None = None
    approver: str = ""
    case: str = "one"

    def seconds(self) -> set[int]:
        last = self.end_s if self.ended_s is None else min(self.end_s, self.ended_s)
        return set(range(self.start_s, last))

    def last_s(self) -> int:
        return max(self.end_s if self.ended_s is None else min(self.end_s, self.ended_s), self.start_s)


@dataclass
class Oracle:
    """All overrides, in the order in which they were issued."""

    told: dict[str, Told] = field(default_factory=dict)
    activations: int = 0

    def held_s(self, one: Told, but: str = "") -> int:
        """How long the longest held cabinet of an override is held by it and by all that it extends. [s]"""
        longest = 0
        for cabinet in one.cabinets:
            others = [
                o
                for key, o in self.told.items()
                if key != but and cabinet in o.cabinets and o.state in ("scheduled", "active", "released", "expired")
            ]
            seconds, reach, grown = one.seconds(), {one.issued_s}, True
            used: list[Told] = []
            while grown:
                grown = False
                for other in others:
                    if other not in used and any(at - other.last_s() <= 3600 for at in reach):
                        used.append(other)
                        seconds |= other.seconds()
                        reach.add(other.issued_s)
                        grown = True
            longest = max(longest, len(seconds))
        return longest

    def needs_two(self, one: Told, but: str = "") -> bool:
        alone = [
            o
            for key, o in self.told.items()
            if key != but and o.issuer == one.issuer and o.approver == "" and o.issued_s <= one.issued_s
            if o.state in ("scheduled", "active", "released", "expired")
        ]
        cabinets, districts = set(one.cabinets), {DISTRICT_OF[c] for c in one.cabinets}
        for other in alone:
            soon = other.case == one.case and one.issued_s - other.last_s() <= 3600
            if soon or other.seconds() & one.seconds():
                cabinets |= set(other.cabinets)
            if soon:
                districts |= {DISTRICT_OF[c] for c in other.cabinets}
        red = Oracle({str(k): o for k, o in enumerate(alone) if o.kind == "all_red"})
        return (
            len(cabinets) > 10
            or len(districts) > 1
            or one.kind in ("flash", "dark")
            or (one.kind == "all_red" and red.held_s(one) > 120)
            or self.held_s(one, but) > 1800
        )

    def too_much(self, one: Told, but: str = "") -> bool:
        return self.held_s(one, but) > 7200

    def on(self, cabinet: str, now_s: int) -> list[str]:
        """The overrides that a cabinet is told of, the one activated last at the end; what is over by its time, not."""
        found = [
            (o.activated, key)
            for key, o in self.told.items()
            if o.state == "active" and cabinet in o.cabinets and o.end_s > now_s
        ]
        return [key for _, key in sorted(found)]

    def full(self, one: Told) -> bool:
        return any(
            sum(o.state == "active" and cabinet in o.cabinets for o in self.told.values()) >= 16
            for cabinet in one.cabinets
        )

    def activate(self, one: Told) -> None:
        self.activations += 1
        one.activated = self.activations
        one.state = "active"

    def tick(self, now_s: int) -> None:
        """What a second brings, in the order in which overrides were issued."""
        for key, one in self.told.items():
            if one.state == "waiting" and now_s >= one.issued_s + 300:
                one.state, one.ended_s = "lapsed", now_s
            elif one.state == "active" and now_s >= one.end_s:
                one.state, one.ended_s = "expired", one.end_s
            elif one.state == "scheduled" and now_s >= one.end_s:
                one.state, one.ended_s = "lapsed", now_s
            elif one.state == "scheduled" and now_s >= one.start_s - 30:
                lacks = self.needs_two(one, key) and not one.approver
                if lacks or self.too_much(one, key) or self.full(one):
                    one.state, one.ended_s = "refused", now_s
                else:
                    self.activate(one)
