"""`signal-ctrl user`: accounts of people, over the centre's routes or at its data folder while it does not run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.output import put_json, put_table

if TYPE_CHECKING:
    from signal_ctrl.cli.user_places import UserPlace

app = typer.Typer(name="user", help="Accounts of people: add, list, change, disable, reset; passwords, second factors.")

Name = Annotated[str, typer.Argument(metavar="LOGIN", help="Name of the account.")]
Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder, while the centre does not run; default: ask the centre.")
]
Database = Annotated[str, typer.Option("--database", help="postgresql://USER@HOST/NAME where it is not SQLite.")]
Centre = Annotated[str, typer.Option("--centre", help="Address of the centre; default: where you are logged in.")]
Authority = Annotated[Path | None, typer.Option(help="Certificate that signs the centre's, if it is no known one.")]
Role = Annotated[str, typer.Option(help="viewer, operator, supervisor, engineer, auditor or admin.")]
District = Annotated[str, typer.Option(help="Where alone the account may act; default: everywhere.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def add(
    name: Name, role: Role, data: Data = None, database: Database = "", district: District = "", json_: Json = False
) -> None:
    """Add an account and print its invitation: a secret for one use within 24 hours that sets its password."""
    with _place(data, database) as place:
        _tell_invitation(name, place.add(name, role, district or None), json_)


@app.command("list")
def list_(data: Data = None, database: Database = "", json_: Json = False) -> None:
    """List all accounts."""
    with _place(data, database) as place:
        found = place.all()
    if json_:
        put_json(found)
        return
    header = ("login", "role", "district", "disabled", "password", "second factor")
    put_table(header, [_row(user) for user in found], numbers_from=len(header))


@app.command()
def change(
    name: Name, role: Role, data: Data = None, database: Database = "", district: District = "", json_: Json = False
) -> None:
    """Give an account another role and district; its sessions end."""
    with _place(data, database) as place:
        _tell_user(place.change(name, role, district or None, None), json_)


@app.command()
def disable(name: Name, data: Data = None, database: Database = "", json_: Json = False) -> None:
    """Let nobody in with this account; its sessions end."""
    with _place(data, database) as place:
        _tell_user(place.change(name, None, None, True), json_)


@app.command()
def enable(name: Name, data: Data = None, database: Database = "", json_: Json = False) -> None:
    """Let people in with this account again."""
    with _place(data, database) as place:
        _tell_user(place.change(name, None, None, False), json_)


@app.command()
def reset(name: Name, data: Data = None, database: Database = "", json_: Json = False) -> None:
    """Take an account's password, second factor, lock and sessions, and print a new invitation."""
    with _place(data, database) as place:
        _tell_invitation(name, place.reset(name), json_)


@app.command()
def password(
    name: Name,
    data: Data = None,
    database: Database = "",
    centre: Centre = "",
    authority: Authority = None,
    json_: Json = False,
) -> None:
    """Set the first password of an account: asks for the invitation and the password, or takes two lines of input."""
    from signal_ctrl.cli.centre_session import ask
    from signal_ctrl.cli.user_places import set_password

    set_password(data, database, _address(centre, authority), name, ask("invitation"), ask("new password"))
    if json_:
        put_json({"login": name, "password": True})
    else:
        typer.echo(
            f"the password of {name} is set; log in with: signal-ctrl login {name} --centre {centre or 'ADDRESS'}"
        )


@app.command()
def totp(
    name: Annotated[str, typer.Argument(metavar="[LOGIN]", help="Name of the account, with --data.")] = "",
    data: Data = None,
    database: Database = "",
    json_: Json = False,
) -> None:
    """Enrol a second factor: prints a secret, asks for the first code of it.

    For the account that is logged in at this terminal; with a name and --data, for an account of a data folder.
    """
    from signal_ctrl.cli.centre_session import ask, connected, kept_session, taken
    from signal_ctrl.cli.user_places import enrol_at_folder
    from signal_ctrl.domain.errors import InvalidInputError

    def shown(secret: str, address: str) -> str:
        typer.echo(f"secret for your authenticator: {secret}", err=json_)
        typer.echo(f"or as an address for a QR code: {address}", err=json_)
        return ask("first code", hidden=False)

    if bool(name) != (data is not None):
        raise InvalidInputError("name an account together with --data; without both it is the one that is logged in")
    if data is not None:
        secret = enrol_at_folder(data, database, name, shown)
    else:
        session = kept_session()
        with connected() as client:
            offer = client.post("/v1/second-factor/offer")
            secret, name = offer["secret"], session.login
            taken(client.post("/v1/second-factor/enrol", {"code": shown(secret, offer["address"])}), session.address())
    if json_:
        put_json({"login": name, "second_factor": True, "secret": secret})
    else:
        typer.echo(f"the second factor of {name} is enrolled; each login asks for a code from now on")


@contextmanager
def _place(data: Path | None, database: str) -> "Iterator[UserPlace]":
    from signal_ctrl.cli.user_places import at_centre, at_folder

    with at_folder(data, database) if data is not None else at_centre() as place:
        yield place


def _address(centre: str, authority: Path | None) -> Any:
    from signal_ctrl.gateways.centre_client import CentreAddress

    return CentreAddress(centre, authority) if centre else None


def _tell_invitation(name: str, invitation: str, as_json: bool) -> None:
    if as_json:
        put_json({"login": name, "invitation": invitation, "lasts_hours": 24})
        return
    typer.echo(f"invitation of {name}, for one use within 24 hours: {invitation}")
    typer.echo(f"{name} sets the password with: signal-ctrl user password {name} --centre ADDRESS")


def _tell_user(user: dict[str, Any], as_json: bool) -> None:
    if as_json:
        put_json(user)
    else:
        state = "disabled" if user["disabled"] else "enabled"
        typer.echo(f"{user['login']} is {user['role']}, {user['district'] or 'everywhere'}, {state}")


def _row(user: dict[str, Any]) -> tuple[str, ...]:
    words = ["yes" if user[key] else "no" for key in ("disabled", "has_password", "has_second_factor")]
    return (user["login"], user["role"], user["district"] or "everywhere", *words)
