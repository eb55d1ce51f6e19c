"""How `signal-ctrl parking send` reads a file and sends it."""

import random
import secrets
from pathlib import Path
from typing import Final

from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cli.parking_session import read_parking_credential
from signal_ctrl.domain.errors import BackendTimeoutError, InvalidInputError
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_rows import rows_of
from signal_ctrl.gateways.feed_sender import FeedSender, Sent, Where
from signal_ctrl.gateways.system_clock import SystemClock
from signal_ctrl.parking.batch import batch_to_bytes
from signal_ctrl.web.body_limit import PARKING_READINGS_PATH

WAIT_S: Final = 30.0
MOST_TRIES: Final = 20


def send_readings(file: Path, service: str, credential: Path, authority: Path | None, together: int) -> Sent:
    """Send all readings of a file. Raises: InvalidInputError; BackendTimeoutError if nobody receipts them."""
    known = read_parking_credential(credential)
    wire = CabinetWire(service, str(authority) if authority else None, WAIT_S)
    boot = secrets.token_bytes(ID_BYTES).hex()
    signer = Signer(known.cabinet, known.key, boot, SystemClock(), secrets.token_bytes)
    where = Where(PARKING_READINGS_PATH, batch_to_bytes)
    sender = FeedSender(wire, signer, random.random, together=together, where=where)

    def patience() -> bool:
        if sender.sent.tries - sender.sent.batches > MOST_TRIES:
            raise BackendTimeoutError(f"the service does not answer; {sender.sent.batches} batches were receipted")
        return False

    try:
        with file.open(encoding="utf-8-sig") as lines:
            for row in rows_of(lines, str(file)):
                sender.put(row)
                if sender.has_batch:
                    sender.flush(patience)
        sender.flush(patience)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"cannot read {file}: {error}") from error
    finally:
        wire.close()
    return sender.sent
