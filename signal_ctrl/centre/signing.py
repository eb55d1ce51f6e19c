"""The key of the centre: what cabinets get is signed with Ed25519, so that they know who made it."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signal_ctrl.domain.errors import InvalidInputError

KEY_BYTES: Final = 32


class CentreKey:
    """A pair of keys, made of 32 random bytes that are kept secret."""

    def __init__(self, secret: bytes) -> None:
        """Raises: InvalidInputError if the secret is not 32 bytes long."""
        if len(secret) != KEY_BYTES:
            raise InvalidInputError(f"the key of the centre has {KEY_BYTES} bytes, got {len(secret)}")
        self._key = Ed25519PrivateKey.from_private_bytes(secret)

    def __repr__(self) -> str:
        return f"CentreKey(public={self.public.hex()})"

    @property
    def public(self) -> bytes:
        """The key that cabinets check with; it goes into their credentials."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return the signature of some bytes."""
        return self._key.sign(data)
