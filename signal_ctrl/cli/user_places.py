"""Where accounts are changed: at the centre over its routes, or at its data folder."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from signal_ctrl.centre.accounts import Accounts
from signal_ctrl.centre.second_factor import address_of, new_secret
from signal_ctrl.cli.centre_parts import opened_centre
from signal_ctrl.cli.centre_session import connected, kept_session
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient
from signal_ctrl.web.user_routes import role_of, shown


class UserPlace(Protocol):
    """What can be done to accounts. What is None in a change stays as it is."""

    def add(self, login: str, role: str, district: str | None) -> str:
        """Add an account and return its invitation."""
        ...

    def all(self) -> list[dict[str, Any]]:
        """Return all accounts."""
        ...

    def change(self, login: str, role: str | None, district: str | None, disabled: bool | None) -> dict[str, Any]:
        """Change an account and return it."""
        ...

    def reset(self, login: str) -> str:
        """Reset an account and return its invitation."""
        ...


class FolderUsers:
    """Accounts in a data folder; who does it stands in the audit as `console:` and the name of the system's user."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._by = at_console()

    def add(self, login: str, role: str, district: str | None) -> str:
        """Add an account and return its invitation."""
        return self._accounts.add(login, role_of(role), district, self._by)

    def all(self) -> list[dict[str, Any]]:
        """Return all accounts."""
        return [shown(user).model_dump() for user in self._accounts.all()]

    def change(self, login: str, role: str | None, district: str | None, disabled: bool | None) -> dict[str, Any]:
        """Change an account and return it."""
        wanted = _changed(self.all(), login, role, district, disabled)
        changed = self._accounts.change(
            login, role_of(wanted["role"]), wanted["district"], wanted["disabled"], self._by
        )
        return shown(changed).model_dump()

    def reset(self, login: str) -> str:
        """Reset an account and return its invitation."""
        return self._accounts.reset(login, self._by)


class CentreUsers:
    """Accounts at a centre that runs, for an administrator who is logged in."""

    def __init__(self, client: CentreClient) -> None:
        self._client = client

    def add(self, login: str, role: str, district: str | None) -> str:
        """Add an account and return its invitation."""
        body = {"login": login, "role": role, "district": district}
        return str(self._client.post("/v1/users", body)["invitation"])

    def all(self) -> list[dict[str, Any]]:
        """Return all accounts."""
        return list(self._client.get("/v1/users")["users"])

    def change(self, login: str, role: str | None, district: str | None, disabled: bool | None) -> dict[str, Any]:
        """Change an account and return it."""
        return dict(self._client.put(f"/v1/users/{login}", _changed(self.all(), login, role, district, disabled)))

    def reset(self, login: str) -> str:
        """Reset an account and return its invitation."""
        return str(self._client.post(f"/v1/users/{login}/reset")["invitation"])


@contextmanager
def at_folder(data: Path, database: str) -> Iterator[UserPlace]:
    """Yield the accounts of a data folder. Raises: InvalidInputError if the centre runs."""
    with opened_centre(data, database) as parts:
        yield FolderUsers(parts.identity.accounts)


@contextmanager
def at_centre() -> Iterator[UserPlace]:
    """Yield the accounts of the centre at which one is logged in. Raises: NotLoggedInError."""
    with connected() as client:
        yield CentreUsers(client)


def at_console() -> str:
    """Return who acts at the machine itself, as the audit names them."""
    return f"console:{os.environ.get('USER') or os.getuid()}"


def enrol_at_folder(data: Path, database: str, login: str, ask: Callable[[str, str], str]) -> str:
    """Give an account of a data folder a second factor and return its secret.

    Args: ask, shown the secret and its address, returns the first code.
    """
    secret = new_secret(secrets.token_bytes)
    code = ask(secret, address_of(secret, login))
    with opened_centre(data, database) as parts:
        parts.identity.logins.set_second_factor(login, secret, code, at_console())
    return secret


def set_password(
    data: Path | None, database: str, address: CentreAddress | None, login: str, invitation: str, password: str
) -> None:
    """Set the first password of an account, at a data folder or over the routes."""
    if data is not None:
        with opened_centre(data, database) as parts:
            parts.identity.accounts.take_invitation(login, invitation, password)
        return
    with CentreClient(address or kept_session().address()) as client:
        client.post("/v1/password/first", {"login": login, "invitation": invitation, "password": password})


def _changed(
    users: list[dict[str, Any]], login: str, role: str | None, district: str | None, disabled: bool | None
) -> dict[str, Any]:
    found = next((user for user in users if user["login"] == login), None)
    if found is None:
        raise NotFoundError(f"there is no account '{login}'")
    return {
        "role": found["role"] if role is None else role,
        "district": found["district"] if role is None else district,
        "disabled": found["disabled"] if disabled is None else disabled,
    }
