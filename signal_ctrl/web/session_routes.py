"""Logging in and out, the second factor, and one's own account.

A program gets its token in the body and sends it as `Authorization: Bearer`. A page asks for a cookie instead, which
scripts cannot read, and sends `X-CSRF-Token` with each write.
"""

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from signal_ctrl.centre.identity import MATRIX, Actor, Grant, Right
from signal_ctrl.centre.logins import Attempt
from signal_ctrl.centre.people import SESSION_LASTS_MS, csrf_of
from signal_ctrl.centre.sessions import Granted
from signal_ctrl.web.bodies import BodyIn, BodyOut, Code, Login, Password, Secret
from signal_ctrl.web.context import Context, address_of
from signal_ctrl.web.guard import needs
from signal_ctrl.web.person_check import check_origin, token_of
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("session")


class LoginIn(BodyIn):
    """A login. `code` may stay away before a second factor is enrolled; `cookie` asks for a cookie, not a token."""

    login: Login
    password: Password
    code: Code = ""
    cookie: bool = False


class SessionOut(BodyOut):
    """A session. `token` is empty where the cookie has it; `csrf` goes with each write of a page."""

    token: str
    csrf: str
    session: str
    login: str
    role: str
    district: str | None
    token_ends_utc_ms: int
    session_ends_utc_ms: int
    second_factor_utc_ms: int | None
    needs_enrolment: bool = Field(description="Enrol a second factor before anything else.")


class InvitationIn(BodyIn):
    """The first password of an account, by the secret that its administrator handed over."""

    login: Login
    invitation: Secret
    password: Password


class CodeIn(BodyIn):
    """A one-time code."""

    code: Code


class PasswordIn(BodyIn):
    """Another password of one's own."""

    password: Password


class OfferOut(BodyOut):
    """What an authenticator needs: the secret, and the same as an address for a QR code."""

    secret: str
    address: str


class MeOut(BodyOut):
    """Who is logged in, and what they may do."""

    login: str
    role: str
    district: str | None
    session: str
    second_factor_utc_ms: int | None
    rights: dict[str, str]
    csrf: str


PersonIn = Annotated[Actor, needs(Right.SESSION)]


@router.post("/v1/login", dependencies=[needs(Right.OPEN)])
async def log_in(body: LoginIn, request: Request, response: Response, context: ContextOf) -> SessionOut:
    """Log in. Whatever is wrong, the answer is the same. A session whose cookie this one takes the place of ends."""
    check_origin(request.headers, context.settings, needed=body.cookie)
    address = address_of(request)
    context.rates.take_login(body.login, address)
    attempt = Attempt(body.login, body.password, body.code, address, body.cookie)
    granted = await context.slow_work.run(lambda: context.identity.logins.log_in(attempt))
    before = request.cookies.get(context.settings.cookie, "") if body.cookie else ""
    if before:
        await run_in_threadpool(context.identity.sessions.replaced, before)
    return answered(granted, response, context)


@router.post("/v1/password/first", dependencies=[needs(Right.OPEN)], status_code=204)
async def set_first_password(body: InvitationIn, request: Request, context: ContextOf) -> None:
    """Set the password of a new or reset account. The invitation is used up."""
    context.rates.take_login(body.login, address_of(request))
    accounts = context.identity.accounts
    await context.slow_work.run(lambda: accounts.take_invitation(body.login, body.invitation, body.password))


@router.post("/v1/password", status_code=204)
async def change_password(body: PasswordIn, actor: PersonIn, context: ContextOf) -> None:
    """Change one's own password, within two minutes of a one-time code. Other sessions of the account end."""
    await context.slow_work.run(lambda: context.identity.accounts.replace_password(actor, body.password))


@router.post("/v1/logout", status_code=204)
def log_out(actor: PersonIn, response: Response, context: ContextOf) -> None:
    """End this session."""
    context.identity.sessions.log_out(actor)
    response.delete_cookie(context.settings.cookie, secure=context.settings.secure, httponly=True, samesite="strict")


@router.post("/v1/token")
def exchange(actor: PersonIn, response: Response, context: ContextOf) -> SessionOut:
    """Exchange the token for another that lasts 15 minutes from now; the second factor grows no younger."""
    return answered(context.identity.sessions.exchange(actor), response, context)


@router.post("/v1/second-factor")
def show_second_factor(
    body: CodeIn, actor: PersonIn, request: Request, response: Response, context: ContextOf
) -> SessionOut:
    """Show a one-time code: the second factor is young again, and the token is exchanged."""
    context.rates.take_login(actor.login, address_of(request))
    granted = context.identity.logins.show_second_factor(actor, body.code, address_of(request))
    return answered(granted, response, context)


@router.post("/v1/second-factor/offer")
def offer_second_factor(actor: PersonIn, context: ContextOf) -> OfferOut:
    """Ask for the secret of a second factor, for an account that has none."""
    secret, address = context.identity.logins.offer_second_factor(actor)
    return OfferOut(secret=secret, address=address)


@router.post("/v1/second-factor/enrol")
def enrol_second_factor(
    body: CodeIn, actor: PersonIn, request: Request, response: Response, context: ContextOf
) -> SessionOut:
    """Show the first code of the second factor that was offered; from now on each login asks for one."""
    context.rates.take_login(actor.login, address_of(request))
    return answered(context.identity.logins.enrol_second_factor(actor, body.code), response, context)


@router.get("/v1/me")
def me(actor: PersonIn, request: Request, context: ContextOf) -> MeOut:
    """Say who is logged in, and what they may do."""
    grants = {right.name.lower(): MATRIX[right][actor.role] for right in Right}
    return MeOut(
        login=actor.login,
        role=actor.role.value,
        district=actor.district,
        session=actor.session,
        second_factor_utc_ms=actor.second_factor_utc_ms,
        rights={name: grant.value for name, grant in grants.items() if grant is not Grant.NO},
        csrf=csrf_of(token_of(request, context.settings)),
    )


def answered(granted: Granted, response: Response, context: Context) -> SessionOut:
    """Return what is told of a session that begins or goes on; where it is a browser's, set its cookie."""
    session = granted.session
    if session.browser:
        response.set_cookie(
            context.settings.cookie,
            granted.token,
            max_age=SESSION_LASTS_MS // 1000,
            secure=context.settings.secure,
            httponly=True,
            samesite="strict",
        )
    return SessionOut(
        token="" if session.browser else granted.token,
        csrf=csrf_of(granted.token) if session.browser else "",
        session=session.session_id,
        login=granted.actor.login,
        role=granted.actor.role.value,
        district=granted.actor.district,
        token_ends_utc_ms=session.token_ends_utc_ms,
        session_ends_utc_ms=session.ends_utc_ms,
        second_factor_utc_ms=session.second_factor_utc_ms,
        needs_enrolment=granted.needs_enrolment,
    )
