"""How `signal-ctrl parking send` reads and sends: JSON lines, or zones of the video module; a file, or what comes."""

import random
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cli.feed_sending import STDIN, Patience, stream
from signal_ctrl.cli.parking_session import read_parking_credential
from signal_ctrl.domain.errors import BackendTimeoutError, InvalidInputError
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_rows import rows_of
from signal_ctrl.gateways.feed_sender import FeedSender, Sent, Where
from signal_ctrl.gateways.parking_zones import zone_readings
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.gateways.whole_file import read_whole
from signal_ctrl.parking.batch import FORM
from signal_ctrl.web.body_limit import PARKING_READINGS_PATH

WAIT_S: Final = 30.0
MOST_TRIES: Final = 20
EVERY_S: Final = 5.0
"""What comes by standard input is sent so often. [s]"""
GIVE_UP_S: Final = 600.0
"""And given up after so long without a receipt. [s]"""


def items_of(file: Path, zones: bool, begin_utc_ms: int, sections: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the readings of a file or of standard input: JSON lines, or zones of the video module.

    Raises: InvalidInputError.
    """
    streamed = is_streamed(file)
    lines = sys.stdin if streamed else read_whole(file, "file of readings").splitlines(keepends=True)
    source = "standard input" if streamed else str(file)
    if not zones:
        return rows_of(lines, source)
    by_section = dict(each.split("=", 1) for each in sections if "=" in each)
    if len(by_section) != len(sections):
        raise InvalidInputError("--section is FACILITY=SECTION, each facility once")
    return zone_readings(lines, source, begin_utc_ms, by_section)


def is_streamed(file: Path) -> bool:
    """Tell whether a name stands for standard input."""
    return str(file) == STDIN


def send_readings(
    items: Iterator[dict[str, Any]],
    service: str,
    credential: Path,
    authority: Path | None,
    together: int,
    streamed: bool = False,
) -> Sent:
    """Send readings; streamed: as they come. Raises: InvalidInputError; BackendTimeoutError if nobody receipts them."""
    known = read_parking_credential(credential)
    wire = CabinetWire(service, str(authority) if authority else None, WAIT_S)
    boot = secrets.token_bytes(ID_BYTES).hex()
    signer = Signer(known.cabinet, known.key, boot, SystemClock(), secrets.token_bytes)
    where = Where(PARKING_READINGS_PATH, FORM.to_bytes)
    sender = FeedSender(wire, signer, random.random, together=together, where=where)

    def patience() -> bool:
        if sender.sent.tries - sender.sent.batches > MOST_TRIES:
            raise BackendTimeoutError(f"the service does not answer; {sender.sent.batches} batches were receipted")
        return False

    try:
        if streamed:
            stream(sender, Patience(sender, GIVE_UP_S), EVERY_S, items)
        for item in items:
            sender.put(item)
            if sender.has_batch:
                sender.flush(patience)
        sender.flush(patience)
    finally:
        wire.close()
    return sender.sent
