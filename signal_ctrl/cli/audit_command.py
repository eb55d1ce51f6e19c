"""`signal-ctrl audit`: who did what, and whether the records of it are what was written."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import CHECK_FAILED
from signal_ctrl.cli.output import put_json, put_table

if TYPE_CHECKING:
    from signal_ctrl.centre.audit import StoredRecord
    from signal_ctrl.stores.audit_verification import Verification

app = typer.Typer(name="audit", help="Who did what, and whether the records of it are what was written.")

Data = Annotated[Path, typer.Option("--data", help="The data folder of the centre.")]
Address = Annotated[str, typer.Option("--database", help="postgresql://USER@HOST/NAME where it is not SQLite.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def verify(
    data: Data,
    anchors: Annotated[
        list[Path] | None, typer.Option(help="Folder with the copies of the anchors. May be repeated.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Public key of the audit; else that beside the copies.")] = None,
    database: Address = "",
    json_: Json = False,
) -> int:
    """Check every record, every link and every anchor of the audit; a centre may run meanwhile.

    A record that was edited, removed, inserted or moved is named by its number, a tail that was cut is found back to
    the last anchor. Name the copies of the anchors on the other machine: those in the data folder, and the key, are in
    the hands of whoever changes the database.

    Exit code 0: nothing found; 1: something is not as it was written; 2: a folder or key cannot be read.
    """
    from signal_ctrl.stores.audit_verification import verify as check

    found = check(data, anchors or (), key, database)
    if json_:
        put_json(_document(found))
    else:
        _tell(found)
    return 0 if found.is_sound else CHECK_FAILED


@app.command("list")
def list_(
    data: Data,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, the youngest first.")] = 50,
    actor: Annotated[str, typer.Option(help="Only those of this actor.")] = "",
    action: Annotated[str, typer.Option(help="Only this action.")] = "",
    obj: Annotated[str, typer.Option("--object", help="Only what was done to this object.")] = "",
    database: Address = "",
    json_: Json = False,
) -> None:
    """Show the youngest records of the audit; a centre may run meanwhile."""
    from signal_ctrl.stores.audit import SqlAudit
    from signal_ctrl.stores.offline import looking

    with looking(data, database) as connection:
        found = SqlAudit(connection).last(limit, actor, action, obj)
    if json_:
        put_json([_item(stored) for stored in found])
    else:
        header = ("n", "time", "actor", "action", "object", "result")
        put_table(header, [_row(stored) for stored in found], numbers_from=len(header))


def _document(found: "Verification") -> dict[str, Any]:
    verdict = found.verdict
    return {
        "sound": found.is_sound,
        "records": verdict.records,
        "anchors": verdict.anchors,
        "last": verdict.head.n,
        "hash": verdict.head.hash,
        "key": found.key,
        "findings": [{"n": finding.n, "text": finding.text} for finding in verdict.findings],
        "unreadable_anchors": list(found.complaints),
    }


def _tell(found: "Verification") -> None:
    verdict = found.verdict
    word = "sound" if found.is_sound else "NOT what was written"
    typer.echo(f"audit: {word}; {verdict.records:,} records up to {verdict.head.n:,}, {verdict.anchors:,} anchors")
    typer.echo(f"head {verdict.head.hash}, key {found.key}")
    for finding in verdict.findings:
        typer.echo(f"record {finding.n}: {finding.text}")
    for complaint in found.complaints:
        typer.echo(complaint)


def _item(stored: "StoredRecord") -> dict[str, Any]:
    record = stored.record
    return {
        "n": record.n,
        "time_utc_ms": record.at_utc_ms,
        "actor": record.actor,
        "action": record.action,
        "object": record.object,
        "result": record.result,
        "late": record.late,
        "hash": stored.hash,
    }


def _row(stored: "StoredRecord") -> tuple[str, ...]:
    from signal_ctrl.cli.times import utc_text

    record = stored.record
    result = f"{record.result} (recorded late)" if record.late else record.result
    return (str(record.n), utc_text(record.at_utc_ms), record.actor, record.action, record.object, result)
