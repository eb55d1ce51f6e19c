"""Reports: what a cabinet tells the centre, in batches that are numbered from 1 in each of its starts.

A batch never changes once it has its number: whoever sends it again sends the same bytes. Faults travel in batches of
their own, which are given up for younger faults alone; of other reports the oldest batches may be, and `Gap` says so.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.identity import is_boot_id
from signal_ctrl.domain.link.overrides import LATEST_MS
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.site_parts import is_whole

FORMAT: Final = "signal-ctrl reports 1"
MAX_BATCH_BYTES: Final = 1 << 16
MAX_REPORTS: Final = 1000
MAX_GAPS: Final = 64
MAX_SEQUENCE: Final = 1 << 53
GROUP_COUNT: Final = "group-count"
"""The code of a count of a signal group, of kind `detector`."""
SHADOW_ADVICE: Final = "shadow-advice"
"""The code of one decision of adaptive control beside what the plan does, of kind `event`."""
SHADOW_TOTAL: Final = "shadow-total"
"""The code of what an adviser did in some minutes, of kind `event`."""
STARVING: Final = "starving"
"""The code of a police hold that passes the limits of K4, of kind `event`; once a minute while it does."""
STARVING_OVER: Final = "starving-over"
"""The code of its end."""
STARTED: Final = "start"
"""The code of the first event of each start of a cabinet."""
_MAX_TEXT: Final = 500
_MAX_VALUES: Final = 64
_KEYS: Final = ("format", "cabinet", "boot", "sequence", "reports", "gaps")
_REPORT_KEYS: Final = ("kind", "at_utc_ms", "code", "text", "values")


class ReportKind(Enum):
    """What a report is about."""

    HEARTBEAT = "heartbeat"
    EVENT = "event"
    DETECTOR = "detector"
    FAULT = "fault"
    CLEARED = "cleared"

    @property
    def is_fault(self) -> bool:
        """Whether it is never given up for reports of other kinds: a fault, or its end."""
        return self in (ReportKind.FAULT, ReportKind.CLEARED)


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `code` tells programs what it is, `text` people; `values` are whole numbers by name. [ms]"""

    kind: ReportKind
    at_utc_ms: int
    code: str
    text: str = ""
    values: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if not is_whole(self.at_utc_ms, (0, LATEST_MS)) or not is_name(self.code):
            raise InvalidInputError("a report needs its time in milliseconds of UTC and a code as 'clock-offset'")
        if not isinstance(self.text, str) or len(self.text) > _MAX_TEXT or len(self.values) > _MAX_VALUES:
            raise InvalidInputError(f"a report has at most {_MAX_TEXT} characters and {_MAX_VALUES} values")
        names = [name for name, _ in self.values]
        if len(set(names)) != len(names) or not all(is_name(name) for name in names):
            raise InvalidInputError("the values of a report have names, each once")
        if not all(is_whole(value, (-MAX_SEQUENCE, MAX_SEQUENCE)) for _, value in self.values):
            raise InvalidInputError("the values of a report are whole numbers")


class Gap(NamedTuple):
    """Batches that will never come: numbers `first` to `last` of a start, `reports` reports in all."""

    boot: str
    first: int
    last: int
    reports: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Reports under one number of one start of a cabinet, in the order in which they were made."""

    cabinet: str
    boot: str
    sequence: int
    reports: tuple[Report, ...]
    gaps: tuple[Gap, ...] = ()

    def __post_init__(self) -> None:
        if not is_name(self.cabinet) or not is_boot_id(self.boot) or not is_whole(self.sequence, (1, MAX_SEQUENCE)):
            raise InvalidInputError("a batch needs its cabinet, its boot id and a number from 1 on")
        if len(self.reports) > MAX_REPORTS or not (self.reports or self.gaps):
            raise InvalidInputError(f"a batch has 1 to {MAX_REPORTS} reports")
        if len(self.gaps) > MAX_GAPS or not all(map(_is_gap, self.gaps)):
            raise InvalidInputError(f"at most {MAX_GAPS} gaps, each a boot id, first, last and number of reports")

    @property
    def is_kept(self) -> bool:
        """Whether it is never given up for reports of other kinds: it holds a fault, or says what was given up."""
        return bool(self.gaps) or any(report.kind.is_fault for report in self.reports)


def _is_gap(gap: Gap) -> bool:
    numbers = all(is_whole(number, (1, MAX_SEQUENCE)) for number in gap[1:])
    return is_boot_id(gap.boot) and numbers and gap.first <= gap.last


class Receipt(NamedTuple):
    """The answer to a batch: of its start every number up to `contiguous` is here, the ranges `missing` are not."""

    contiguous: int
    missing: tuple[tuple[int, int], ...] = ()


def batch_to_bytes(batch: Batch) -> bytes:
    """Return the canonical document."""
    document = {
        "format": FORMAT,
        "cabinet": batch.cabinet,
        "boot": batch.boot,
        "sequence": batch.sequence,
        "reports": [report_document(report) for report in batch.reports],
        "gaps": [list(gap) for gap in batch.gaps],
    }
    return canonical(document).encode()


def batch_from_bytes(data: bytes) -> Batch:
    """Return the batch of a document. Raises: InvalidInputError if it is too long or none."""
    if len(data) > MAX_BATCH_BYTES:
        raise InvalidInputError(f"a batch of more than {MAX_BATCH_BYTES} bytes; send fewer reports at once")
    try:
        return _batch(read_document(data.decode("ascii"), "reports", FORMAT))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"no batch of reports: {why(error)}") from error


def report_document(report: Report) -> dict[str, Any]:
    """Return a report as a JSON object."""
    return {
        "kind": report.kind.value,
        "at_utc_ms": report.at_utc_ms,
        "code": report.code,
        "text": report.text,
        "values": dict(report.values),
    }


def report_of(item: dict[str, Any]) -> Report:
    """Return the report of a JSON object. Raises: ValueError, KeyError, TypeError or InvalidInputError if none."""
    exactly(item, _REPORT_KEYS)
    values = item["values"]
    if not isinstance(values, dict):
        raise ValueError("'values' is no object")
    return Report(
        kind=ReportKind(item["kind"]),
        at_utc_ms=whole(item["at_utc_ms"]),
        code=text_of(item["code"]),
        text=item["text"] and text_of(item["text"]),
        values=tuple((name, whole(value)) for name, value in sorted(values.items())),
    )


def gap_of(item: Any) -> Gap:
    """Return the gap of a JSON list. Raises: ValueError, TypeError or InvalidInputError if it is none."""
    if len(items_of(item)) != len(Gap._fields):
        raise ValueError("a gap is boot id, first, last, number of reports")
    gap = Gap(text_of(item[0]), whole(item[1]), whole(item[2]), whole(item[3]))
    if not _is_gap(gap):
        raise ValueError("a gap has a boot id and numbers from 1 on, the first no later than the last")
    return gap


def receipt_to_bytes(receipt: Receipt) -> bytes:
    """Return the canonical document of a receipt."""
    document = {"contiguous": receipt.contiguous, "missing": [list(pair) for pair in receipt.missing]}
    return canonical(document).encode()


def _batch(document: dict[str, Any]) -> Batch:
    exactly(document, _KEYS)
    return Batch(
        cabinet=text_of(document["cabinet"]),
        boot=text_of(document["boot"]),
        sequence=whole(document["sequence"]),
        reports=tuple(report_of(item) for item in items_of(document["reports"])),
        gaps=tuple(gap_of(item) for item in items_of(document["gaps"])),
    )
