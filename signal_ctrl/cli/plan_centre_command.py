"""`signal-ctrl plan upload / issue / status / ...`: plans and the centre, by its routes."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.failures import CHECK_FAILED
from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Name = Annotated[str, typer.Argument(help="Name of the plan or schedule in the library of the centre.")]
Number = Annotated[int, typer.Option(help="Which of that name; 0: the last one.")]
At = Annotated[list[str] | None, typer.Option(help="Cabinet. May be repeated.")]
Corridor = Annotated[str, typer.Option(help="All cabinets of a corridor.")]


def upload(
    document: Annotated[Path, typer.Argument(help="Document of a plan or a schedule.")],
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    json_: Json = False,
) -> int:
    """Take a plan or a schedule into the library of the centre; prints every reason why sites cannot keep a plan (K9).

    Exit code 0: it is there; 1: refused.
    """
    from signal_ctrl.cli.centre_session import connected

    content = _document(document)
    is_schedule = content.get("format") == "signal-ctrl schedule 1"
    body = {"document": content, "note": note}
    with connected() as client:
        if not is_schedule:
            checked = client.post("/v1/plan-checks", body)
            if not checked["accepted"]:
                _tell_reasons(checked, json_)
                return CHECK_FAILED
        item = client.post("/v1/schedules" if is_schedule else "/v1/plans", body)
    if json_:
        put_json(item)
    else:
        typer.echo(f"{item['name']} number {item['number']} is in the library, hash {item['sha256'][:12]}…")
    return 0


def library(name: Annotated[str, typer.Option(help="Only of this name.")] = "", json_: Json = False) -> None:
    """List plans and schedules of the library, the youngest first."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = {what: client.get(f"/v1/{what}", name=name) for what in ("plans", "schedules")}
    if json_:
        put_json(found)
        return
    rows = [
        (
            what[:-1],
            i["name"],
            str(i["number"]),
            i["sha256"][:12],
            i["uploaded_by"],
            utc_text(i["uploaded_utc_ms"]),
            i["note"],
        )
        for what, those in found.items()
        for i in those
    ]
    put_table(("what", "name", "number", "hash", "by", "at (UTC)", "note"), rows, numbers_from=99)


def issue(
    name: Name,
    number: Number = 0,
    at: At = None,
    corridor: Corridor = "",
    together: Annotated[bool, typer.Option("--together", help="Stage it on all of them, then commit it.")] = False,
    not_before: Annotated[str, typer.Option(help="From when on, as 2026-03-29T01:00Z.")] = "",
    valid_until: Annotated[str, typer.Option(help="Until when, as 2026-03-29T05:00Z.")] = "",
    json_: Json = False,
) -> None:
    """Issue a plan of the library to cabinets; 'plan status' shows what becomes of it."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.override_wish import utc_ms_of
    from signal_ctrl.cli.times import utc_text

    body = {
        "number": number,
        "cabinets": at or [],
        "corridor": corridor or None,
        "together": together,
        "not_before_utc_ms": utc_ms_of(not_before) if not_before else None,
        "valid_until_utc_ms": utc_ms_of(valid_until) if valid_until else None,
    }
    with connected() as client:
        issued = client.post(f"/v1/plans/{name}/issue", body)
    if json_:
        put_json(issued)
        return
    change = f", change {issued['change']}" if issued["change"] else ""
    begins = utc_text(issued["not_before_utc_ms"])
    typer.echo(
        f"{name} number {issued['number']} is offered to {len(issued['cabinets'])} cabinets from {begins} UTC{change}"
    )


def status(json_: Json = False) -> None:
    """Show of each cabinet whether it is heard, what it was sent, and what it says that it runs."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.get("/v1/cabinets")
    if json_:
        put_json(found)
        return
    rows = [
        (
            c["cabinet"],
            c["link"],
            _version(c["sent"]),
            c["acknowledged"] or "–",
            _version(c["runs"]),
            "; ".join(c["reasons"]),
        )
        for c in found
    ]
    put_table(("cabinet", "link", "sent", "says", "runs", "reasons"), rows, numbers_from=99)


def changes(json_: Json = False) -> None:
    """List changes of several cabinets at one moment, the youngest first."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = client.get("/v1/changes")
    if json_:
        put_json(found)
        return
    rows = [
        (
            c["change_id"],
            c["state"],
            c["plan"],
            f"{len(c['staged'])}/{len(c['cabinets'])}",
            utc_text(c["not_before_utc_ms"]),
            c["why"],
        )
        for c in found
    ]
    put_table(("change", "state", "plan", "staged", "begins (UTC)", "why"), rows, numbers_from=99)


def abandon(
    change_id: Annotated[str, typer.Argument(metavar="ID", help="Name of the change.")], json_: Json = False
) -> None:
    """Take a change of several cabinets back before it is committed."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        change = client.delete(f"/v1/changes/{change_id}")
    if json_:
        put_json(change)
    else:
        typer.echo(f"change {change_id} is {change['state']}")


def follow(name: Name, number: Number = 0, at: At = None, corridor: Corridor = "", json_: Json = False) -> None:
    """Let cabinets follow a schedule of the library: each change of plan is issued 5 min ahead of its time."""
    from signal_ctrl.cli.centre_session import connected

    body = {"number": number, "cabinets": at or [], "corridor": corridor or None}
    with connected() as client:
        use = client.post(f"/v1/schedules/{name}/follow", body)
    if json_:
        put_json(use)
    else:
        typer.echo(f"{len(use['cabinets'])} cabinets follow {name} number {use['number']}")
        typer.echo(f"to end it: signal-ctrl plan unfollow {use['use_id']}")


def unfollow(
    use_id: Annotated[str, typer.Argument(metavar="ID", help="As 'plan follow' said.")], json_: Json = False
) -> None:
    """Let cabinets follow a schedule no longer; they keep the plan that stands."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        use = client.delete(f"/v1/schedule-uses/{use_id}")
    if json_:
        put_json(use)
    else:
        typer.echo(f"{len(use['cabinets'])} cabinets follow {use['schedule']} no longer")


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInputError(f"{path} is no document of a plan or a schedule")
    return found


def _tell_reasons(checked: dict[str, Any], as_json: bool) -> None:
    if as_json:
        put_json(checked)
        return
    typer.echo(f"refused, {len(checked['reasons'])} reasons")
    put_table(("signal", "rule", "reason"), [(r["signal"], r["rule"], r["text"]) for r in checked["reasons"]], 99)


def _version(pair: list[int] | None) -> str:
    return "–" if pair is None else f"{pair[0]}.{pair[1]}"
