"""Plans and schedules as the library keeps them: each document once, numbered by its name."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.schedule import is_name


def library_key(name: str, number: int) -> str:
    """Return the name of a document on its shelf; in the order of numbers."""
    return f"{name}/{number:09d}"


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """A document under a name: plan or schedule. `number` counts the documents of the name from 1 on. [ms]"""

    name: str
    number: int
    sha256: str
    document: str
    uploaded_by: str
    uploaded_utc_ms: int
    note: str = ""

    def __post_init__(self) -> None:
        if not is_name(self.name) or self.number < 1:
            raise InvalidInputError(f"'{self.name}' cannot name a plan or schedule: letters, digits, '.', '_' and '-'")

    @property
    def key(self) -> str:
        """Its name on the shelf; in the order of numbers."""
        return library_key(self.name, self.number)


PLANS: Final = ShelfSpec(
    "plans",
    LibraryItem,
    key=lambda p: p.key,
    at_utc_ms=lambda p: p.uploaded_utc_ms,
    columns={"name": lambda p: p.name, "sha256": lambda p: p.sha256},
)
SCHEDULES: Final = ShelfSpec(
    "schedules",
    LibraryItem,
    key=lambda p: p.key,
    at_utc_ms=lambda p: p.uploaded_utc_ms,
    columns={"name": lambda p: p.name, "sha256": lambda p: p.sha256},
)


@dataclass(frozen=True, slots=True)
class ScheduleUse:
    """A schedule that some cabinets follow through the centre: each change of plan is issued ahead of its time. [ms]"""

    use_id: str
    schedule: str
    number: int
    cabinets: tuple[str, ...]
    made_by: str
    made_utc_ms: int
    ended_utc_ms: int | None = None
    issued_at_utc_ms: int = 0
    issued_plan: str = ""

    def __post_init__(self) -> None:
        if not self.cabinets or len(set(self.cabinets)) != len(self.cabinets):
            raise InvalidInputError("a schedule is for at least one cabinet, each once")


SCHEDULE_USES: Final = ShelfSpec(
    "schedule_uses",
    ScheduleUse,
    key=lambda u: u.use_id,
    at_utc_ms=lambda u: u.made_utc_ms if u.ended_utc_ms is None else u.ended_utc_ms,
    columns={"live": lambda u: "yes" if u.ended_utc_ms is None else "no"},
)
