"""What the link asks of the store."""

from typing import Protocol

from signal_ctrl.centre.link_values import Double, LinkKey, Lost, Start, StoredAck, StoredBatch
from signal_ctrl.domain.link.reports import Gap


class LinksReading(Protocol):
    """Questions about links."""

    def secrets(self) -> tuple[LinkKey, ...]:
        """Return the keys of all cabinets, those that no longer count too."""
        ...

    def starts(self) -> tuple[Start, ...]:
        """Return the starts of all cabinets, the oldest first."""
        ...

    def start(self, cabinet: str, boot: str) -> Start | None:
        """Return a start of a cabinet."""
        ...

    def doubles(self) -> tuple[Double, ...]:
        """Return the cabinets that are there twice."""
        ...

    def batch(self, cabinet: str, boot: str, sequence: int) -> StoredBatch | None:
        """Return a batch."""
        ...

    def sequences(self, cabinet: str, boot: str, after: int, limit: int) -> tuple[int, ...]:
        """Return the numbers of batches that are here after a number, in order."""
        ...

    def batches(self, cabinet: str, since_utc_ms: int = 0, limit: int = 100) -> tuple[StoredBatch, ...]:
        """Return what came of a cabinet since a time, the youngest first. [ms]"""
        ...

    def gaps(self, cabinet: str, boot: str) -> tuple[Gap, ...]:
        """Return what a cabinet has given up of a start, in order."""
        ...

    def ack(self, cabinet: str, epoch: int, revision: int, state: str) -> StoredAck | None:
        """Return an acknowledgement."""
        ...


class Links(LinksReading, Protocol):
    """The same, and what changes them."""

    def put_key(self, key: LinkKey) -> None:
        """Keep a key, in place of the one with its id."""
        ...

    def use_nonce(self, cabinet: str, nonce: str, at_utc_ms: int) -> bool:
        """Keep the nonce of a write; return False if it was used before. [ms]"""
        ...

    def forget_nonces(self, before_utc_ms: int) -> int:
        """Forget nonces of before a time and return how many. [ms]"""
        ...

    def put_start(self, start: Start) -> None:
        """Keep a start, in place of what was known of it."""
        ...

    def put_batch(self, batch: StoredBatch) -> None:
        """Keep a batch that is not here. Raises: ConflictError if it is."""
        ...

    def forget_batches(self, before_utc_ms: int) -> int:
        """Forget batches that came before a time and return how many; their numbers stay counted. [ms]"""
        ...

    def put_gap(self, lost: Lost) -> None:
        """Keep a gap; of two that begin alike the wider one stays."""
        ...

    def put_ack(self, ack: StoredAck) -> None:
        """Keep an acknowledgement, in place of one under its key."""
        ...

    def put_double(self, double: Double) -> None:
        """Keep that a cabinet is there twice."""
        ...

    def drop_double(self, cabinet: str) -> None:
        """Forget it: an operator has named the true one."""
        ...
