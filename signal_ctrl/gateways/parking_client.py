"""Who asks a parking service with a credential: the office's commands, the traffic centre, signs, sensors."""

import json
import secrets
from dataclasses import replace
from typing import Any, Final

from signal_ctrl.cabinet.ports import Answer
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.domain.errors import (
    BackendError,
    BackendLostError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    NotLoggedInError,
    SignalCtrlError,
)
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.domain.link.mac import CABINET
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_sender import FEED
from signal_ctrl.gateways.system_clock import SystemClock

_ERRORS: Final[dict[int, type[SignalCtrlError]]] = {
    401: NotLoggedInError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: InvalidInputError,
}


class ParkingClient:
    """Asks one parking service. Answers whose code is wrong are no answers."""

    def __init__(
        self, service: str, credential: Credential, authority: str | None = None, timeout_s: float = 30
    ) -> None:
        """Args: service, its address; authority, file with the certificate that signs its own, if not a known one.

        Raises: InvalidInputError for an address that is none, or not protected.
        """
        self._wire = CabinetWire(service, authority, timeout_s)
        boot = secrets.token_bytes(ID_BYTES).hex()
        self._signer = Signer(credential.cabinet, credential.key, boot, SystemClock(), secrets.token_bytes)

    def ask(self, method: str, path: str, document: Any = None, query: str = "") -> Any:
        """Return the document that is answered, None where there is none.

        Raises: what the service refused, as the error that it is here; BackendError if it does not answer, or not well.
        """
        body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode()
        found = self._carried(method, path, query, body)
        return json.loads(found) if found else None

    def fetch(self, path: str) -> bytes:
        """Return what lies at a path, as it is. Raises: as `ask`."""
        return self._carried("GET", path, "", b"")

    def _carried(self, method: str, path: str, query: str, body: bytes) -> bytes:
        ask = self._signer.ask(method, path, query, body)
        headers = {FEED if name == CABINET else name: value for name, value in ask.headers.items()}
        answer = self._wire.carry(replace(ask, headers=headers))
        if answer.status >= 400:
            raise _refused(answer)
        if self._signer.time_of(ask, answer) is None:
            raise BackendError("the answer is not the service's: its code is wrong; look at address and credential")
        return answer.body

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def __enter__(self) -> "ParkingClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refused(answer: Answer) -> SignalCtrlError:
    try:
        detail = str(json.loads(answer.body)["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"the service answers {answer.status}"
    return _ERRORS.get(answer.status, BackendLostError)(detail)
