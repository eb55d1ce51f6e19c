"""The credential of a cabinet: its name, the key that it shares with the centre, the centre's public key."""

from dataclasses import dataclass, field
from typing import Final

from signal_ctrl.domain.documents import canonical, exactly, read_document, text_of, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.mac import KEY_BYTES
from signal_ctrl.domain.schedule import is_name

FORMAT: Final = "signal-ctrl credential 1"
PUBLIC_BYTES: Final = 32
_KEYS: Final = ("format", "cabinet", "key", "centre_public_key")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a cabinet proves itself by, and knows the centre by. `key` is never shown."""

    cabinet: str
    key: bytes = field(repr=False)
    centre_public: bytes

    def __post_init__(self) -> None:
        if not is_name(self.cabinet):
            raise InvalidInputError(f"'{self.cabinet}' cannot name a cabinet: letters, digits, '.', '_' and '-'")
        if len(self.key) != KEY_BYTES or len(self.centre_public) != PUBLIC_BYTES:
            raise InvalidInputError("a credential holds two keys of 256 bit")


def credential_to_json(credential: Credential) -> str:
    """Return the document of a credential; whoever writes it down makes the file private."""
    return canonical(
        {
            "format": FORMAT,
            "cabinet": credential.cabinet,
            "key": credential.key.hex(),
            "centre_public_key": credential.centre_public.hex(),
        }
    )


def credential_from_json(text: str) -> Credential:
    """Return the credential of a document. Raises: InvalidInputError, which never repeats the key."""
    document = read_document(text, "credential", FORMAT)
    try:
        exactly(document, _KEYS)
        name = text_of(document["cabinet"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"not a credential: {why(error)}") from error
    try:
        key, public = bytes.fromhex(document["key"]), bytes.fromhex(document["centre_public_key"])
    except (TypeError, ValueError):
        raise InvalidInputError("not a credential: its keys are not in hex") from None
    return Credential(name, key, public)
