"""How commands reach a parking service: by a credential in a file that its owner alone may read."""

from pathlib import Path

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.credential import Credential, credential_from_json
from signal_ctrl.gateways.parking_client import ParkingClient
from signal_ctrl.gateways.whole_file import read_whole
from signal_ctrl.stores.key_box import check_private


def read_parking_credential(path: Path) -> Credential:
    """Return the credential of a file. Raises: InvalidInputError if it is none, or others may read it."""
    text = read_whole(path, "credential", 1 << 12)
    check_private(path)
    try:
        return credential_from_json(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def client_of(service: str, credential: Path, authority: Path | None = None) -> ParkingClient:
    """Return a client of a parking service. Raises: InvalidInputError."""
    return ParkingClient(service, read_parking_credential(credential), str(authority) if authority else None)
