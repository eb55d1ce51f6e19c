"""`signal-ctrl login`, `second-factor`, `logout`: who gives orders at this terminal."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import put_json

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def login(
    centre: Annotated[str, typer.Option(help="Address of the centre, such as https://centre.example:8443.")],
    name: Annotated[str, typer.Argument(metavar="LOGIN", help="Name of your account.")],
    authority: Annotated[
        Path | None, typer.Option(help="Certificate that signs the centre's, where it is no known one.")
    ] = None,
    json_: Json = False,
) -> None:
    """Log in: asks for password and one-time code, or takes them as two lines from standard input.

    The token lasts 15 minutes and is kept in a file that you alone may read; every command that talks to the centre
    uses it. The first login of an account has no code: enrol a second factor with 'signal-ctrl user totp'.
    """
    from signal_ctrl.cli.centre_session import ask, session_path, taken
    from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient

    address = CentreAddress(centre, authority)
    body = {"login": name, "password": ask("password"), "code": ask("one-time code", hidden=False)}
    with CentreClient(address) as client:
        answer = client.post("/v1/login", body)
    taken(answer, address)
    if json_:
        put_json({key: value for key, value in answer.items() if key not in {"token", "csrf"}})
        return
    typer.echo(f"logged in at {centre} as {answer['login']}, {answer['role']}; the token is in {session_path()}")
    if answer["needs_enrolment"]:
        typer.echo("this account has no second factor yet: signal-ctrl user totp")


def second_factor(json_: Json = False) -> None:
    """Show a one-time code again: acts that need a young second factor work for 15 minutes, others get a new token."""
    from signal_ctrl.cli.centre_session import ask, connected, kept_session, taken
    from signal_ctrl.cli.times import utc_text

    session = kept_session()
    with connected() as client:
        answer = client.post("/v1/second-factor", {"code": ask("one-time code", hidden=False)})
    kept = taken(answer, session.address())
    if json_:
        put_json({"login": kept.login, "token_ends_utc_ms": kept.token_ends_utc_ms})
        return
    typer.echo(f"the token of {kept.login} lasts until {utc_text(kept.token_ends_utc_ms)} UTC")


def logout(json_: Json = False) -> None:
    """End the login of this terminal."""
    from signal_ctrl.cli.centre_session import connected, drop_session, kept_session

    session = kept_session()
    try:
        with connected() as client:
            client.post("/v1/logout")
    finally:
        drop_session()
    if json_:
        put_json({"login": session.login, "logged_out": True})
    else:
        typer.echo(f"{session.login} is logged out of {session.centre}")
