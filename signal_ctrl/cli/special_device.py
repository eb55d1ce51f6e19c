"""What the device in a special vehicle sends: requests signed with its key, each with a nonce of its own."""

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cli.cabinet_run import read_credential
from signal_ctrl.domain.errors import BackendLostError, InvalidInputError, RefusedError
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.domain.link.mac import CABINET
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_sender import FEED
from signal_ctrl.gateways.system_clock import SystemClock

WAIT_S: Final = 10.0
_PREFIX: Final = "special."


class Device:
    """The device of one vehicle."""

    def __init__(self, credential: Path, centre: str, authority: Path | None) -> None:
        """Raises: InvalidInputError for a credential that is none of a special vehicle."""
        found = read_credential(credential)
        if not found.cabinet.startswith(_PREFIX):
            raise InvalidInputError(f"{credential} belongs to '{found.cabinet}', which is no special vehicle")
        self._vehicle = found.cabinet.removeprefix(_PREFIX)
        self._wire = CabinetWire(centre, str(authority) if authority else None, WAIT_S)
        boot = secrets.token_bytes(ID_BYTES).hex()
        self._signer = Signer(found.cabinet, found.key, boot, SystemClock(), secrets.token_bytes)

    def ask(self, method: str, what: str, body: dict[str, Any]) -> Any:
        """Return what the centre answers. Raises: RefusedError with its words; BackendLostError."""
        path = f"/v1/special-vehicles/{self._vehicle}/{what}"
        ask = self._signer.ask(method, path, body=json.dumps(body).encode())
        headers = {FEED if name == CABINET else name: value for name, value in ask.headers.items()}
        try:
            answer = self._wire.carry(replace(ask, headers=headers))
        finally:
            self._wire.close()
        if self._signer.time_of(ask, answer) is None and answer.status < 400:
            raise BackendLostError("the answer is not signed by the centre")
        found = json.loads(answer.body)
        if answer.status >= 400:
            raise RefusedError(f"HTTP/{answer.status}", str(found.get("detail", "no reason given")))
        return found
