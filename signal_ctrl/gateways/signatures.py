"""Signatures of the centre, as a cabinet checks them: Ed25519."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signal_ctrl.cabinet.ports import Verify


def verifier(public: bytes) -> Verify:
    """Return what tells whether a signature (hex) is that of the owner of a public key of 32 bytes."""
    key = Ed25519PublicKey.from_public_bytes(public)

    def verify(data: bytes, signature: str) -> bool:
        try:
            key.verify(bytes.fromhex(signature), data)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify
