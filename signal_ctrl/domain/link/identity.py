"""Names that the link gives to one start of a cabinet and to one request."""

from typing import Final

ID_BYTES: Final = 16
"""A boot id and a nonce are so many random bytes: 128 bit. SAFETY part B."""
_HEX: Final = frozenset("0123456789abcdef")


def is_boot_id(text: object) -> bool:
    """Return whether a value is 128 random bits in lower-case hex, as a boot id and a nonce are."""
    return isinstance(text, str) and len(text) == 2 * ID_BYTES and _HEX.issuperset(text)


is_nonce = is_boot_id
