"""One message of a source: events under a sequence number, as JSON within narrow bounds.

A message is hostile until it is read. What is wrong with it is one of a few reasons, which are counted; nothing of a
message that is refused is used.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from signal_ctrl.domain.documents import no_constant, no_duplicates
from signal_ctrl.domain.errors import InvalidInputError, RefusedError

FORMAT: Final = "signal-ctrl events 1"
MAX_BYTES: Final = 1 << 16
MAX_ROWS: Final = 1000
MAX_NAME: Final = 64
MAX_SEQUENCE: Final = (1 << 53) - 1
MAX_MS: Final = 1 << 48
MAX_CODE: Final = (1 << 16) - 1
_KEYS: Final = frozenset({"format", "boot", "sequence", "sent_ms", "events"})


class Refusal(Enum):
    """Why a message, or an event of one, is not used."""

    SIZE = "too many bytes"
    JSON = "not JSON in UTF-8"
    FORM = "keys or types other than the format's"
    RANGE = "a value out of its range"
    ROWS = "too many events"
    NAME = "name of the source"
    SOURCES = "too many sources"
    CONFLICT = "a sequence number used twice"
    OLD_BOOT = "an earlier boot of the source"
    EARLY = "sent before listening began"
    LEAP = "sequence number far ahead"
    FUTURE = "event from the future"
    TOO_LATE = "event too late"
    CLOCK = "clock of the source too far off"
    FOREIGN = "device of another source"
    DEVICES = "too many devices"


class Row(NamedTuple):
    """One event as its source logged it: its clock [ms], device, code and parameter of the Indiana enumerations."""

    time_ms: int
    device: str
    code: int
    parameter: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that a source sent together, in the order of its log; none: it lives and has nothing to tell.

    `boot` names the run of the source's program, `sequence` counts its messages from 1, `sent_ms` is its clock at
    sending: what had happened up to then has been told. [ms] `digest` tells two messages of one number apart.
    """

    boot: str
    sequence: int
    sent_ms: int
    rows: tuple[Row, ...]
    digest: bytes = b""

    def __post_init__(self) -> None:
        if not (is_name(self.boot) and 1 <= self.sequence <= MAX_SEQUENCE and 0 <= self.sent_ms <= MAX_MS):
            raise InvalidInputError("a batch needs the name of a boot, a sequence number from 1 on and a time")
        if len(self.rows) > MAX_ROWS:
            raise InvalidInputError(f"a batch holds at most {MAX_ROWS} events, not {len(self.rows)}")


def is_name(text: object) -> bool:
    """Return whether a value may name a source, a boot or a device: 1 to 64 printable characters, no space around.

    >>> is_name("cabinet-7"), is_name(" x"), is_name("a\\nb"), is_name(7)
    (True, False, False, False)
    """
    return isinstance(text, str) and 0 < len(text) <= MAX_NAME and text.isprintable() and text.strip() == text


def batch_of(payload: bytes) -> Batch:
    """Return the batch of a message. Raises: RefusedError whose rule is the name of a `Refusal`."""
    if len(payload) > MAX_BYTES:
        raise refused(Refusal.SIZE, f"{len(payload)}; {MAX_BYTES} are allowed")
    try:
        document = json.loads(payload.decode("utf-8"), object_pairs_hook=no_duplicates, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError, as are numbers of 5,000 digits
        raise refused(Refusal.JSON, str(error)[:120]) from error
    return _batch(document, blake2b(payload, digest_size=16).digest())


def payload_of(batch: Batch) -> bytes:
    """Return the message of a batch.

    >>> payload_of(Batch("b", 1, 9, (Row(8, "J", 82, 3),)))
    b'{"format":"signal-ctrl events 1","boot":"b","sequence":1,"sent_ms":9,"events":[[8,"J",82,3]]}'
    """
    document = {
        "format": FORMAT,
        "boot": batch.boot,
        "sequence": batch.sequence,
        "sent_ms": batch.sent_ms,
        "events": batch.rows,
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def refused(why: Refusal, detail: str) -> RefusedError:
    """Return the error of a refusal."""
    return RefusedError(why.name, f"{why.value}: {detail}")


def _batch(document: Any, digest: bytes) -> Batch:
    if not isinstance(document, dict) or document.keys() != _KEYS or document["format"] != FORMAT:
        raise refused(Refusal.FORM, f"the keys are {', '.join(sorted(_KEYS))}; format is '{FORMAT}'")
    boot, sequence, sent_ms, events = (document[key] for key in ("boot", "sequence", "sent_ms", "events"))
    if type(sequence) is not int or type(sent_ms) is not int or type(events) is not list:
        raise refused(Refusal.FORM, "sequence and sent_ms are whole numbers, events is a list")
    if len(events) > MAX_ROWS:
        raise refused(Refusal.ROWS, f"{len(events)}; {MAX_ROWS} are allowed")
    rows = _rows(events)
    try:
        return Batch(boot, sequence, sent_ms, rows, digest)
    except InvalidInputError as error:
        raise refused(Refusal.RANGE, str(error)) from error


def _rows(events: Sequence[Any]) -> tuple[Row, ...]:
    names: dict[str, str] = {}
    rows = []
    for event in events:
        if type(event) is not list or len(event) != 4:
            raise refused(Refusal.FORM, "an event is [time in ms, device, code, parameter]")
        time_ms, device, code, parameter = event
        if type(time_ms) is not int or type(code) is not int or type(parameter) is not int or type(device) is not str:
            raise refused(Refusal.FORM, "an event is [time in ms, device, code, parameter]")
        if not (0 <= time_ms <= MAX_MS and 0 <= code <= MAX_CODE and 0 <= parameter <= MAX_CODE):
            raise refused(Refusal.RANGE, f"of an event: {str(event)[:80]}")
        if device not in names:
            if not is_name(device):
                raise refused(Refusal.RANGE, "name of a device")
            names[device] = device
        rows.append(Row(time_ms, names[device], code, parameter))
    return tuple(rows)
