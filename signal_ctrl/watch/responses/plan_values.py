"""An emergency plan: a named set of overrides, plans, sign texts and tasks that are ordered together. [s]"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.override_document import RouteStop
from signal_ctrl.centre.override_values import Reason, Scope
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.roads import LonLat
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.watch.dispatch.missions import MAX_TEXT, PRIORITIES, Need

LASTS_S: Final = (60, 24 * 3600)
"""How long a response may last. [s] [P]"""
OVERRIDE_S: Final = (60, 120 * 60)
"""How long each of its overrides may last: SAFETY part C. [s]"""
MOST_PARTS: Final = 100
MAX_TITLE: Final = 200
MAX_TASK: Final = 500


class ResponseKind(Enum):
    """What a response is for."""

    ROAD_CLOSED = "road closed"
    EVACUATION = "evacuation"
    VIP_ROUTE = "vip route"
    HEAVY_RAIN = "heavy rain"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OverridePart:
    """One override of a response: as `OverrideWish` has it, with times that count from the start. [s]"""

    name: str
    kind: OverrideKind
    reason: Reason
    scope: Scope | None = None
    stage: str = ""
    stages: tuple[tuple[str, str], ...] = ()
    route: tuple[RouteStop, ...] = ()
    convoy_s: int = 30
    from_s: int = 0
    lasts_s: int = OVERRIDE_S[1]

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.from_s < 0 or not OVERRIDE_S[0] <= self.lasts_s <= OVERRIDE_S[1]:
            raise InvalidInputError(f"part {self.name}: an override begins at 0 s or later and lasts 1 to 120 min")
        is_route = self.kind is OverrideKind.GREEN_ROUTE
        if is_route != bool(self.route) or is_route == (self.scope is not None):
            raise InvalidInputError(f"part {self.name}: a green route has a 'route', every other override a scope")


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One plan of the library for some cabinets (none named: all of its signals); number 0 is the last. [s]"""

    name: str
    plan: str
    number: int = 0
    cabinets: tuple[str, ...] = ()
    corridor: str = ""
    from_s: int = 0

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not is_name(self.plan) or self.number < 0 or self.from_s < 0:
            raise InvalidInputError(f"part {self.name}: a plan has a name, a number, and begins at 0 s or later")
        if self.cabinets and self.corridor:
            raise InvalidInputError(f"part {self.name}: a plan is for 'cabinets' or for a 'corridor', not for both")


@dataclass(frozen=True, slots=True)
class SignPart:
    """One text at one sign, in Chinese and English; `domain.signs` says which of several texts a sign shows. [s]"""

    name: str
    sign: str
    zh: str
    en: str
    kind: MessageKind = MessageKind.SAFETY
    from_s: int = 0

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.from_s < 0:
            raise InvalidInputError(f"part {self.name}: it begins at 0 s or later")
        self.text(0, 1_000 * (self.from_s + 1), self.name)

    def text(self, start_utc_ms: int, end_utc_ms: int, source: str) -> SignText:
        """Return its text under a response from start to end. [ms] Raises: InvalidInputError if it is none."""
        return SignText(self.sign, self.kind, self.zh, self.en, start_utc_ms + 1_000 * self.from_s, end_utc_ms, source)


@dataclass(frozen=True, slots=True)
class MissionPart:
    """One mission that is opened when the response begins."""

    name: str
    need: Need
    place: LonLat
    text: str
    priority: int = 3
    road: str = ""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not PRIORITIES[0] <= self.priority <= PRIORITIES[1] or not 1 <= len(self.text) <= MAX_TEXT:
            raise InvalidInputError(f"part {self.name}: a mission has a priority of 1 to 5 and a text")


@dataclass(frozen=True, slots=True)
class Response:
    """A stored response. `checklist` are things for people to do and to tick off. [s]"""

    name: str
    title: str
    kind: ResponseKind
    lasts_s: int
    overrides: tuple[OverridePart, ...] = ()
    plans: tuple[PlanPart, ...] = ()
    signs: tuple[SignPart, ...] = ()
    missions: tuple[MissionPart, ...] = ()
    checklist: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not 1 <= len(self.title) <= MAX_TITLE:
            raise InvalidInputError(f"response {self.name}: 'title' has 1 to {MAX_TITLE} characters")
        if not LASTS_S[0] <= self.lasts_s <= LASTS_S[1]:
            raise InvalidInputError(f"response {self.name}: it lasts {LASTS_S[0]} s to {LASTS_S[1] // 3600} h")
        names = [part.name for part in self.parts]
        if not 1 <= len(names) + len(self.checklist) <= MOST_PARTS or len(set(names)) != len(names):
            raise InvalidInputError(f"response {self.name}: 1 to {MOST_PARTS} parts, each with a name of its own")
        if not all(1 <= len(task) <= MAX_TASK for task in self.checklist):
            raise InvalidInputError(f"response {self.name}: each task has 1 to {MAX_TASK} characters")
        lasting: tuple[OverridePart | PlanPart | SignPart, ...] = (*self.overrides, *self.plans, *self.signs)
        for part in lasting:
            lasts_s = part.lasts_s if isinstance(part, OverridePart) else 1
            if part.from_s + lasts_s > self.lasts_s:
                raise InvalidInputError(f"part {part.name}: it is not over before the response is, {self.lasts_s} s")

    @property
    def parts(self) -> tuple[OverridePart | PlanPart | SignPart | MissionPart, ...]:
        """All parts but the checklist."""
        return (*self.overrides, *self.plans, *self.signs, *self.missions)


def _check_name(name: str) -> None:
    if not is_name(name):
        raise InvalidInputError(f"'{name}' is no name: letters, digits, '.', '_' and '-'")
