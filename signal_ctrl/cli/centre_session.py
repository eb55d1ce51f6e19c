"""Who is logged in at this terminal: the token in a file that its owner alone may read."""

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from getpass import getpass
from pathlib import Path
from typing import Any, Final

from signal_ctrl.domain.errors import InvalidInputError, NotLoggedInError
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient
from signal_ctrl.stores.key_files import write_secret

VARIABLE: Final = "SIGNAL_CTRL_SESSION"
"""Names the file with the token; without it, it is in the user's folder for settings."""


@dataclass(frozen=True, slots=True)
class TerminalSession:
    """A login at a centre. [ms]"""

    centre: str
    authority: str
    login: str
    token: str
    token_ends_utc_ms: int

    def address(self) -> CentreAddress:
        """Return where the centre is."""
        return CentreAddress(self.centre, Path(self.authority) if self.authority else None)


def session_path() -> Path:
    """Return where the token is kept."""
    named = os.environ.get(VARIABLE)
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(named) if named else Path(base) / "signal-ctrl" / "session.json"


def keep_session(session: TerminalSession) -> Path:
    """Keep a login and return where. Raises: InvalidInputError if it cannot be written."""
    path = session_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(path, json.dumps(asdict(session)).encode() + b"\n")
    except OSError as error:
        raise InvalidInputError(f"cannot write {path}: {error.strerror}; name another file by {VARIABLE}") from error
    return path


def drop_session() -> None:
    """Forget the login."""
    with suppress(OSError):
        session_path().unlink(missing_ok=True)


def kept_session() -> TerminalSession:
    """Return the login of this terminal. Raises: NotLoggedInError if there is none."""
    path = session_path()
    try:
        if path.stat().st_mode & 0o077:
            raise InvalidInputError(f"others may read {path}; log in again")
        return TerminalSession(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise NotLoggedInError("nobody is logged in; 'signal-ctrl login --centre ADDRESS'") from error


def connected() -> CentreClient:
    """Return a client with the token of this terminal: what every command uses that talks to the centre.

    Raises: NotLoggedInError.
    """
    session = kept_session()
    return CentreClient(session.address(), session.token)


def taken(answer: dict[str, Any], address: CentreAddress) -> TerminalSession:
    """Keep what a login answered and return it."""
    authority = "" if address.authority is None else str(address.authority.absolute())
    session = TerminalSession(address.url, authority, answer["login"], answer["token"], answer["token_ends_utc_ms"])
    keep_session(session)
    return session


def ask(label: str, hidden: bool = True) -> str:
    """Ask for a line: at a terminal unseen if it is a secret, else the next line of standard input."""
    if sys.stdin.isatty():
        return getpass(f"{label}: ") if hidden else input(f"{label}: ")
    line = sys.stdin.readline()
    if not line:
        raise InvalidInputError(f"{label} is missing on standard input")
    return line.rstrip("\n")
