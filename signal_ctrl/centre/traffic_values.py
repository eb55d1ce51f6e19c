"""What was counted at a cabinet's signal groups: what a delay price is worked out from."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class GroupFlow:
    """Vehicles that one signal group let pass in a time, and the queue at its end (None: unknown). [ms] [veh]"""

    cabinet: str
    group: str
    from_utc_ms: int
    to_utc_ms: int
    vehicles: int
    queue_veh: int | None = None

    def __post_init__(self) -> None:
        if not self.cabinet or not self.group or not 0 <= self.from_utc_ms < self.to_utc_ms:
            raise InvalidInputError("a count needs a cabinet, a group, and a time that ends after it begins")
        if self.vehicles < 0 or (self.queue_veh is not None and self.queue_veh < 0):
            raise InvalidInputError(f"counts of group {self.group} are 0 or more")

    @property
    def key(self) -> str:
        """Its name on the shelf."""
        return f"{self.cabinet}/{self.group}/{self.from_utc_ms:016d}"


FLOWS: Final = ShelfSpec(
    "group_flows",
    GroupFlow,
    key=lambda f: f.key,
    at_utc_ms=lambda f: f.from_utc_ms,
    columns={"cabinet": lambda f: f.cabinet},
    passing=True,
)
