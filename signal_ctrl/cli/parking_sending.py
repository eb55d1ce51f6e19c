"""How `signal-ctrl parking send` reads a file and sends it: JSON lines, or zones of the video module."""

import random
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from signal_ctrl.cabinet.signer import Signer
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


def items_of(file: Path, zones: bool, begin_utc_ms: int, sections: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the readings of a file: JSON lines, or zones of the video module. Raises: InvalidInputError."""
    text = read_whole(file, "file of readings")
    if not zones:
        return rows_of(text.splitlines(), str(file))
    by_section = dict(each.split("=", 1) for each in sections if "=" in each)
    if len(by_section) != len(sections):
        raise InvalidInputError("--section is FACILITY=SECTION, each facility once")
    return zone_readings(text, str(file), begin_utc_ms, by_section)


def send_readings(
    items: Iterable[dict[str, Any]], service: str, credential: Path, authority: Path | None, together: int
) -> Sent:
    """Send readings. Raises: InvalidInputError; BackendTimeoutError if nobody receipts them."""
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
        for item in items:
            sender.put(item)
            if sender.has_batch:
                sender.flush(patience)
        sender.flush(patience)
    finally:
        wire.close()
    return sender.sent
