"""The second factor: one-time codes by time (RFC 6238, 30 s, 6 digits, SHA-1 as authenticator apps have it)."""

import base64
import hmac
from typing import Final

import pyotp

from signal_ctrl.domain.secrecy import RandomBytes

STEP_MS: Final = 30_000
SECRET_BYTES: Final = 20
"""160 bits, as RFC 4226 (section 4, R6) recommends."""
STEPS_AROUND: Final = 1
"""Steps before and after now whose code is taken too: clocks of telephones differ."""
ISSUER: Final = "signal-ctrl"


def new_secret(random_bytes: RandomBytes) -> str:
    """Return a new secret, in base32 as authenticator apps want it."""
    return base64.b32encode(random_bytes(SECRET_BYTES)).decode("ascii")


def address_of(secret: str, login: str) -> str:
    """Return the address that an authenticator app takes up, as text or as a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def accepted_step(secret: str, code: str, now_utc_ms: int, last_step: int) -> int | None:
    """Return the step whose code this is, or None.

    A step is taken once: only steps behind `last_step`, the one taken last, count.
    """
    steps = range(now_utc_ms // STEP_MS - STEPS_AROUND, now_utc_ms // STEP_MS + STEPS_AROUND + 1)
    totp = pyotp.TOTP(secret)
    given = code.encode("utf-8", "replace")
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given) and step >= 0]
    return max((step for step in found if step > last_step), default=None)
