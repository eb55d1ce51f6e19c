"""Passwords: which are taken, and how they are kept.

Kept as argon2id with 19 MiB, 2 passes and 1 lane (SAFETY part E; the least that the OWASP cheat sheet on storage of
passwords names for argon2id). A name that nobody has is checked against a hash of nobody, so that it takes as long.
"""

from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from signal_ctrl.centre.common_passwords import COMMON, plain_form
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.secrecy import RandomBytes

LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 256
LEAST_DIFFERENT: Final = 5
"""Different characters that a password has to have."""
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
SALT_BYTES: Final = 16


_HASHER: Final = PasswordHasher(PASSES, MEMORY_KIB, LANES, salt_len=SALT_BYTES, type=Type.ID)


def check_password(password: str, login: str, breached: frozenset[str] = frozenset()) -> None:
    """Check a new password.

    Args: breached, passwords of the operator's own list, in `plain_form`.
    Raises: InvalidInputError that says why it is not taken; never the password itself.
    """
    plain = plain_form(password)
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise InvalidInputError(f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters")
    if len(set(password)) < LEAST_DIFFERENT:
        raise InvalidInputError(f"a password has at least {LEAST_DIFFERENT} different characters")
    if login and login.casefold() in plain:
        raise InvalidInputError("a password does not hold the name of its account")
    if plain in COMMON or plain in breached:
        raise InvalidInputError("this password is on a list of those that are tried first; choose another")


def hash_password(password: str, random_bytes: RandomBytes) -> str:
    """Return what is kept of a password. It takes some 20 ms and 19 MiB."""
    return _HASHER.hash(password, salt=random_bytes(SALT_BYTES))


def matches(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that was kept; where nothing is kept it is not, and takes as long."""
    try:
        right = _HASHER.verify(kept if kept is not None else _hash_of_nobody(), password[: MOST_CHARACTERS + 1])
    except (Argon2Error, InvalidHashError):
        return False
    return right and kept is not None


def is_outdated(kept: str) -> bool:
    """Tell whether a password was kept with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody has this password", salt=bytes(SALT_BYTES))
