"""Accounts of people, for administrators."""

from typing import Annotated

from fastapi import Path
from pydantic import Field, StringConstraints

from signal_ctrl.centre.identity import PEOPLE, Actor, Right, Role
from signal_ctrl.centre.people import User
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("users")

Admin = Annotated[Actor, needs(Right.MANAGE_USERS)]
LoginPath = Annotated[str, Path(min_length=2, max_length=32, pattern="^[a-z][a-z0-9._-]{1,31}$")]
District = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class UserIn(BodyIn):
    """A new account. No district: everywhere."""

    login: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9._-]{1,31}$")]
    role: str = Field(description=f"one of {', '.join(role.value for role in PEOPLE)}")
    district: District | None = None


class UserChangeIn(BodyIn):
    """What an account is to be from now on."""

    role: str
    district: District | None = None
    disabled: bool = False


class UserOut(BodyOut):
    """An account."""

    login: str
    role: str
    district: str | None
    disabled: bool
    has_password: bool
    has_second_factor: bool
    made_utc_ms: int


class UsersOut(BodyOut):
    """All accounts."""

    users: list[UserOut]


class InvitationOut(BodyOut):
    """The secret that sets the account's password, shown this once."""

    login: str
    invitation: str
    lasts_hours: int = 24


@router.get("/v1/users")
def users(actor: Admin, context: ContextOf) -> UsersOut:
    """List all accounts."""
    return UsersOut(users=[shown(user) for user in context.identity.accounts.all()])


@router.post("/v1/users", status_code=201)
def add(body: UserIn, actor: Admin, context: ContextOf) -> InvitationOut:
    """Add an account; its holder sets the password with the invitation."""
    accounts = context.identity.accounts
    return InvitationOut(
        login=body.login, invitation=accounts.add(body.login, role_of(body.role), body.district, actor.login)
    )


@router.put("/v1/users/{login}")
def change(login: LoginPath, body: UserChangeIn, actor: Admin, context: ContextOf) -> UserOut:
    """Give an account another role or district, disable or enable it. Its sessions end."""
    changed = context.identity.accounts.change(login, role_of(body.role), body.district, body.disabled, actor.login)
    return shown(changed)


@router.post("/v1/users/{login}/reset")
def reset(login: LoginPath, actor: Admin, context: ContextOf) -> InvitationOut:
    """Take an account's password, second factor and sessions, and its lock; its holder begins anew."""
    return InvitationOut(login=login, invitation=context.identity.accounts.reset(login, actor.login))


def role_of(name: str) -> Role:
    """Return the role of a person by its name. Raises: InvalidInputError."""
    found = next((role for role in PEOPLE if role.value == name), None)
    if found is None:
        raise InvalidInputError(f"'{name}' is no role; choose of {', '.join(role.value for role in PEOPLE)}")
    return found


def shown(user: User) -> UserOut:
    """Return an account as it is shown."""
    return UserOut(
        login=user.login,
        role=user.role.value,
        district=user.district,
        disabled=user.disabled,
        has_password=bool(user.password),
        has_second_factor=bool(user.totp),
        made_utc_ms=user.made_utc_ms,
    )
