"""`signal-ctrl backup` and `signal-ctrl restore`."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from signal_ctrl.cli.audit_command import Address, Data, Json
from signal_ctrl.cli.output import put_json
from signal_ctrl.cli.times import utc_text
from signal_ctrl.domain.errors import InvalidInputError

VARIABLE: Final = "SIGNAL_CTRL_BACKUP_SECRET"

KeyFile = Annotated[
    Path | None,
    typer.Option(help=f"File that holds the secret of the backup; else {VARIABLE} is used, or it is asked for."),
]


def backup(
    data: Data,
    out: Annotated[Path, typer.Option(help="New file; or a folder, where it is named by its time and old ones go.")],
    key_file: KeyFile = None,
    database: Address = "",
    json_: Json = False,
) -> None:
    """Back a centre up into one encrypted file, also while it runs, and read the file back.

    It holds all tables as of one moment, and the keys of the data folder. Its hash is written beside it. In a folder
    the last 24 backups are kept, the last of each of 30 days, and the last of each of 12 months. Copy them off the
    machine, and keep the secret elsewhere: without it a backup is worth nothing. Permits and reservations of a parking
    service lie in a folder beside it, in a file that goes after a day; the days that congestion is foreseen from lie
    there too, each sealed once. Neither is kept beside a file of another name.
    """
    from signal_ctrl.stores.backup import make_backup

    began_s = time.monotonic()
    made = make_backup(data, out, secret_of(key_file, twice=True), time.time_ns() // 1_000_000, database)
    taken_s = time.monotonic() - began_s
    document = {
        "file": str(made.file),
        "bytes": made.size_bytes,
        "sha256": made.sha256,
        "schema": made.head["schema"],
        "epoch": made.head["epoch"],
        "audit_records": made.head["audit"][0],
        "sealed_files": made.sealed_files,
        "taken_s": round(taken_s, 3),
    }
    if json_:
        put_json(document)
        return
    typer.echo(f"{made.file}: {made.size_bytes:,} bytes in {taken_s:.1f} s, read back")
    typer.echo(f"up to audit record {made.head['audit'][0]:,}, epoch {made.head['epoch']}; SHA-256 {made.sha256}")
    if made.sealed_files:
        typer.echo(f"sealed beside it: {made.sealed_files} files of watched days that are new or have changed")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    data: Annotated[Path, typer.Option("--data", help="New data folder.")],
    key_file: KeyFile = None,
    database: Annotated[
        str, typer.Option("--database", help="Empty database postgresql://USER@HOST/NAME to fill, else SQLite.")
    ] = "",
    json_: Json = False,
) -> None:
    """Make a new data folder from a backup, under an epoch that no cabinet has seen.

    Overrides that have ended since stay ended, and nonces that were used stay used. Stop the old centre first, if it is
    there yet: cabinets obey the higher epoch alone.
    """
    from signal_ctrl.stores.restore import restore as restored

    found = restored(file, data, secret_of(key_file), time.time_ns() // 1_000_000, database)
    if json_:
        put_json(
            {
                "data": str(data),
                "backup_utc_ms": found.backup_utc_ms,
                "rows": found.rows,
                "epoch_before": found.epoch_before,
                "epoch": found.epoch,
                "has_plates": found.has_plates,
                "files": found.files,
                "unread": list(found.unread),
            }
        )
        return
    typer.echo(f"{data}: {found.rows:,} rows as of {utc_text(found.backup_utc_ms)} UTC, the audit chain is sound")
    if found.has_plates is False:
        typer.echo("permits and reservations are not in it: the office gives them anew")
    if found.files:
        typer.echo(f"{found.files} files of watched days were sealed beside it, and are there again")
    for why in found.unread:
        typer.echo(f"left out: {why}")
    typer.echo(f"epoch {found.epoch_before} before, {found.epoch} now; start the centre with --data {data}")


def secret_of(key_file: Path | None, twice: bool = False) -> bytes:
    """Return the secret of a backup. Raises: InvalidInputError if there is none, or it is too short."""
    from signal_ctrl.stores.backup import check_secret

    secret = _found_secret(key_file, twice)
    check_secret(secret)
    return secret


def _found_secret(key_file: Path | None, twice: bool) -> bytes:
    if key_file is not None:
        try:
            return key_file.read_bytes().strip()
        except OSError as error:
            raise InvalidInputError(f"cannot read the key file {key_file}: {error.strerror}") from error
    if VARIABLE in os.environ:
        return os.environ[VARIABLE].encode()
    if sys.stdin.isatty():
        return str(typer.prompt("secret of the backup", hide_input=True, confirmation_prompt=twice)).encode()
    raise InvalidInputError(f"the backup needs a secret: --key-file FILE, or {VARIABLE} in the environment")
