"""The latch of a fault as a value and a document: it outlives the program, and nothing from afar clears it (K6)."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.documents import canonical, exactly, read_document, text_of, why
from signal_ctrl.domain.errors import InvalidInputError

FORMAT: Final = "signal-ctrl latch 1"
_KEYS: Final = ("format", "reason")
UNREADABLE: Final = "the latch on disk cannot be read"


@dataclass(frozen=True, slots=True)
class Latch:
    """A latched fault: why it tripped. The cabinet has it on disk before it does anything else."""

    reason: str

    def __post_init__(self) -> None:
        if not isinstance(self.reason, str) or not self.reason:
            raise InvalidInputError(f"a latch needs its reason, got {self.reason!r}")


def latch_to_json(latch: Latch) -> str:
    """Return the canonical document of a latch."""
    return canonical({"format": FORMAT, "reason": latch.reason})


def latch_from_json(text: str | None) -> Latch | None:
    """Return the latch of the document on disk, None if there is no document.

    A document that cannot be read is a latch too: what it said may have been a fault.
    """
    if text is None:
        return None
    try:
        document = read_document(text, "latch", FORMAT)
        exactly(document, _KEYS)
        return Latch(text_of(document["reason"]))
    except (InvalidInputError, ValueError) as error:
        return Latch(f"{UNREADABLE}: {error if isinstance(error, InvalidInputError) else why(error)}")
