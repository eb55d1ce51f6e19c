"""`signal-ctrl parking signs`, `roads`, `credential`, `pass`: what the office of a parking service does."""

from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.cli.parking_options import Authority, CredentialFile, Json, Service

signs = typer.Typer(name="signs", help="Signs that show free spaces: import, list.")
roads = typer.Typer(name="roads", help="The roads that drivers are guided on: import.")
credential = typer.Typer(name="credential", help="Credentials of sensors, signs, gates and the traffic centre.")
passes = typer.Typer(name="pass", help="Permits and reservations, by a plate that is not kept.")


def _ask(service: str, key: Path, authority: Path | None, method: str, path: str, body: Any = None) -> Any:
    from signal_ctrl.cli.parking_session import client_of

    with client_of(service, key, authority) as client:
        return client.ask(method, path, body)


def _document(file: Path) -> Any:
    import json

    from signal_ctrl.domain.documents import no_constant, no_duplicates, why
    from signal_ctrl.domain.errors import InvalidInputError
    from signal_ctrl.gateways.whole_file import read_whole

    text = read_whole(file, "document", 1 << 23)
    try:
        return json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{file}: {why(error)}") from error


@signs.command("import")
def import_signs(
    file: Annotated[Path, typer.Argument(help="parking-signs.json (docs/file-formats.md).")],
    service: Service,
    key: CredentialFile,
    authority: Authority = None,
    json_: Json = False,
) -> None:
    """Put signs in force."""
    found = _ask(service, key, authority, "PUT", "/v1/parking/documents/signs", _document(file))
    put_json(found) if json_ else typer.echo(f"signs in force; hash {found['sha256'][:12]}…")


@signs.command("list")
def list_signs(service: Service, key: CredentialFile, authority: Authority = None, json_: Json = False) -> None:
    """List what every sign shows now."""
    found = _ask(service, key, authority, "GET", "/v1/parking/signs")
    if json_:
        put_json(found)
        return
    rows = [(each["sign"], each["road"], _shown(each, "zh"), _shown(each, "en")) for each in found["signs"]]
    put_table(("sign", "road", "shows", "in English"), rows, numbers_from=4)


@signs.command("picture")
def picture(
    sign: Annotated[str, typer.Argument(help="Name of the sign.")],
    out: Annotated[Path, typer.Option(help="File for the picture: .png or .svg.")],
    service: Service,
    key: CredentialFile,
    authority: Authority = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over a file that is there.")] = False,
    json_: Json = False,
) -> None:
    """Write a picture of what a sign shows now."""
    from signal_ctrl.cli.parking_session import client_of
    from signal_ctrl.domain.errors import InvalidInputError
    from signal_ctrl.domain.schedule import is_name
    from signal_ctrl.gateways.whole_file import check_free

    ending = _PICTURES.get(out.suffix.lower())
    if ending is None or not is_name(sign):
        raise InvalidInputError(f"a picture is of one sign, and a .png or .svg file; got '{sign}' and {out.name}")
    check_free(out, overwrite)
    with client_of(service, key, authority) as client:
        data = client.fetch(f"/v1/parking/signs/{sign}/{ending}")
    out.write_bytes(data)
    put_json({"sign": sign, "picture": str(out), "bytes": len(data)}) if json_ else typer.echo(f"{sign}: {out}")


_PICTURES = {".png": "picture.png", ".svg": "picture"}


def _shown(sign: dict[str, Any], language: str) -> str:
    parts = [line[language] for line in sign["lines"]]
    if sign["text"] is not None:
        parts.append(sign["text"][language])
    return " | ".join(parts) or "(blank)"


@roads.command("import")
def import_roads(
    file: Annotated[Path, typer.Argument(help="roads.json (docs/file-formats.md).")],
    service: Service,
    key: CredentialFile,
    authority: Authority = None,
    json_: Json = False,
) -> None:
    """Put roads in force; entrances of facilities have to be on them."""
    found = _ask(service, key, authority, "PUT", "/v1/parking/documents/roads", _document(file))
    put_json(found) if json_ else typer.echo(f"roads in force; hash {found['sha256'][:12]}…")


@credential.command("add")
def add_credential(
    name: Annotated[str, typer.Argument(help="Name of who signs: letters, digits, '.', '_', '-'.")],
    kind: Annotated[str, typer.Option(help="sensors, sign, gate, centre or office.")],
    out: Annotated[Path, typer.Option(help="File for the credential, readable by its owner alone.")],
    service: Service,
    key: CredentialFile,
    only: Annotated[list[str] | None, typer.Option(help="Facility, or sign, that it is for. May be repeated.")] = None,
    authority: Authority = None,
    json_: Json = False,
) -> None:
    """Make a credential and write it; it is shown this once."""
    from signal_ctrl.gateways.whole_file import check_free
    from signal_ctrl.stores.key_files import write_secret

    check_free(out, overwrite=False)
    body = {"name": name, "kind": kind, "only": list(only or ())}
    found = _ask(service, key, authority, "POST", "/v1/parking/credentials", body)
    write_secret(out, f"{found['credential']}\n".encode())
    put_json({"name": name, "kind": kind, "credential": str(out)}) if json_ else typer.echo(f"{name} ({kind}): {out}")


@credential.command("list")
def list_credentials(service: Service, key: CredentialFile, authority: Authority = None, json_: Json = False) -> None:
    """List credentials, revoked ones too."""
    from signal_ctrl.cli.times import utc_text

    found = _ask(service, key, authority, "GET", "/v1/parking/credentials")
    if json_:
        put_json(found)
        return
    rows = [
        (
            each["name"],
            each["kind"],
            ", ".join(each["only"]) or "all",
            utc_text(each["made_utc_ms"]),
            "–" if each["revoked_utc_ms"] is None else utc_text(each["revoked_utc_ms"]),
        )
        for each in found["credentials"]
    ]
    put_table(("name", "kind", "for", "made (UTC)", "revoked (UTC)"), rows, numbers_from=5)


@credential.command("revoke")
def revoke_credential(
    name: Annotated[str, typer.Argument(help="Name of the credential.")],
    service: Service,
    key: CredentialFile,
    authority: Authority = None,
    json_: Json = False,
) -> None:
    """Take a credential back, at once."""
    found = _ask(service, key, authority, "DELETE", f"/v1/parking/credentials/{name}")
    put_json(found) if json_ else typer.echo(f"{name} is revoked")


@passes.command("give")
def give_pass(
    facility: Annotated[str, typer.Argument(help="Name of the facility.")],
    plate: Annotated[str, typer.Option(help="Plate of the car; it is coded by the service and kept nowhere.")],
    service: Service,
    key: CredentialFile,
    *,
    kind: Annotated[str, typer.Option(help="permit or reservation.")] = "permit",
    hours: Annotated[float, typer.Option(min=0.1, max=672, help="For how long [h]; 28 days at most.")] = 24.0,
    in_h: Annotated[float, typer.Option(min=0, max=671, help="From so many hours on [h].")] = 0.0,
    space_kind: Annotated[str, typer.Option(help="Kind of the space.")] = "general",
    space: Annotated[str, typer.Option(help="Number of the space that is kept.")] = "",
    authority: Authority = None,
    json_: Json = False,
) -> None:
    """Give a car a permit or a reservation."""
    from signal_ctrl.gateways.system_clock import SystemClock

    begin_ms = SystemClock().utc_ms() + round(in_h * 3_600_000)
    body = {
        "kind": kind,
        "facility": facility,
        "plate": plate,
        "from_utc_ms": begin_ms,
        "until_utc_ms": begin_ms + round(hours * 3_600_000),
        "space_kind": space_kind,
        "space": space,
    }
    found = _ask(service, key, authority, "POST", "/v1/parking/passes", body)
    put_json(found) if json_ else typer.echo(f"{found['kind']} {found['pass']} at {found['facility']}")


@passes.command("list")
def list_passes(service: Service, key: CredentialFile, authority: Authority = None, json_: Json = False) -> None:
    """List permits and reservations that count or will."""
    from signal_ctrl.cli.times import utc_text

    found = _ask(service, key, authority, "GET", "/v1/parking/passes")
    if json_:
        put_json(found)
        return
    rows = [
        (
            each["pass"],
            each["kind"],
            each["facility"],
            each["space"] or each["space_kind"],
            utc_text(each["from_utc_ms"]),
            utc_text(each["until_utc_ms"]),
            "yes" if each["arrived_utc_ms"] else "no",
        )
        for each in found["passes"]
    ]
    put_table(("pass", "kind", "facility", "space", "from (UTC)", "until (UTC)", "came"), rows, numbers_from=7)


@passes.command("end")
def end_pass(
    pass_id: Annotated[str, typer.Argument(help="The pass, as 'pass list' shows it.")],
    service: Service,
    key: CredentialFile,
    authority: Authority = None,
    json_: Json = False,
) -> None:
    """Take a permit or reservation back."""
    _ask(service, key, authority, "DELETE", f"/v1/parking/passes/{pass_id}")
    put_json({"pass": pass_id, "ended": True}) if json_ else typer.echo(f"{pass_id} is over")
