"""What the side of a cabinet that makes frames needs of the rest of it: what is ordered, and who is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.foretold import Foretold
from signal_ctrl.domain.link.overrides import OverrideOrder
from signal_ctrl.domain.link.reports import ReportKind
from signal_ctrl.domain.plan import SignalPlan

Report = Callable[[ReportKind, str, str, Sequence[tuple[str, int]]], None]
"""Takes a report: kind, code, words, values."""


class Ordered(Protocol):
    """What the centre wants: read by the frames, changed by whoever keeps the link."""

    @property
    def overrides(self) -> tuple[OverrideOrder, ...]:
        """The overrides that count."""
        ...

    def plan_at(self, utc_ms: int) -> SignalPlan | None:
        """Return the plan to be followed from a cycle boundary on. [ms]"""
        ...

    def control_at(self, utc_ms: int) -> ControlMode:
        """Return who is to decide. [ms]"""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """The rest of the cabinet.

    `centre_fault` says why the centre's plan is not to be followed, `link_fault` why the centre cannot be heard; both
    are empty if nothing speaks against it.
    """

    ordered: Ordered
    centre_fault: Callable[[], str]
    link_fault: Callable[[], str]
    report: Report
    foretold: Callable[[int], tuple[Foretold, ...]] = lambda _: ()

    def happened(self, code: str, text: str) -> None:
        """Tell of an event."""
        self.report(ReportKind.EVENT, code, text, ())
