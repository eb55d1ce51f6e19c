"""`signal-ctrl alarms`, `faults`, `tickets`: what somebody has to look at, what is broken, who repairs it."""

from typing import Annotated, Any

import typer

from signal_ctrl.cli.centre_requests import get_from_centre, post_to_centre
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.cli.times import utc_text_or_dash

alarms = typer.Typer(name="alarms", help="Alarms: list, acknowledge, clear.")
tickets = typer.Typer(name="tickets", help="Maintenance tickets: list, open, assign, close; how long repairs take.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Limit = Annotated[int, typer.Option(help="How many at most.")]
Cabinet = Annotated[str, typer.Option(help="Only of this cabinet.")]
Facility = Annotated[str, typer.Option(help="Only of this kind: detector, lamp, cabinet, camera, sign or road.")]
AlarmId = Annotated[str, typer.Argument(metavar="ID", help="Name of the alarm.")]
TicketId = Annotated[str, typer.Argument(metavar="ID", help="Name of the ticket.")]


@alarms.callback(invoke_without_command=True)
def list_alarms(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="live, all, raised, acknowledged or cleared.")] = "live",
    limit: Limit = 100,
    json_: Json = False,
) -> None:
    """List alarms, the youngest first."""
    if context.invoked_subcommand is not None:
        return
    found = get_from_centre("/v1/alarms", state=state, limit=limit)
    header = ("alarm", "severity", "state", "raised (UTC)", "times", "what")
    rows = [
        (a["alarm_id"], a["severity"], a["state"], utc_text_or_dash(a["raised_utc_ms"]), str(a["times"]), a["text"])
        for a in found
    ]
    _put(found, header, rows, json_)


@alarms.command()
def acknowledge(alarm_id: AlarmId, json_: Json = False) -> None:
    """Say that you have seen an alarm and look after it."""
    _done(post_to_centre(f"/v1/alarms/{alarm_id}/acknowledge"), "alarm_id", json_)


@alarms.command()
def clear(alarm_id: AlarmId, note: Annotated[str, typer.Option(help="Why it is over.")], json_: Json = False) -> None:
    """Clear an alarm whose end nothing reports."""
    _done(post_to_centre(f"/v1/alarms/{alarm_id}/clear", {"note": note}), "alarm_id", json_)


def faults(
    cabinet: Cabinet = "",
    facility: Facility = "",
    live: Annotated[bool, typer.Option("--live", help="Only those that last.")] = False,
    limit: Limit = 100,
    json_: Json = False,
) -> None:
    """List faults of equipment, the youngest first."""
    query: dict[str, str | int] = {"cabinet": cabinet, "limit": limit}
    query |= ({"facility": facility} if facility else {}) | ({"live": "true"} if live else {})
    found = get_from_centre("/v1/faults", **query)
    header = ("cabinet", "kind", "device", "code", "began (UTC)", "ended (UTC)", "ticket")
    rows = [
        (
            f["cabinet"],
            f["facility"],
            f["device"] or "–",
            f["code"],
            utc_text_or_dash(f["begin_utc_ms"]),
            utc_text_or_dash(f["end_utc_ms"]),
            f["ticket"],
        )
        for f in found
    ]
    _put(found, header, rows, json_)


@tickets.callback(invoke_without_command=True)
def list_tickets(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="Only those that are open, assigned or closed.")] = "",
    cabinet: Cabinet = "",
    facility: Facility = "",
    limit: Limit = 100,
    json_: Json = False,
) -> None:
    """List maintenance tickets, the youngest first."""
    if context.invoked_subcommand is not None:
        return
    query: dict[str, str | int] = {"state": state, "cabinet": cabinet, "limit": limit}
    found = get_from_centre("/v1/tickets", **(query | ({"facility": facility} if facility else {})))
    header = ("ticket", "state", "kind", "cabinet", "device", "opened (UTC)", "assigned to", "what")
    rows = [
        (
            t["ticket_id"],
            t["state"],
            t["facility"],
            t["cabinet"],
            t["device"] or "–",
            utc_text_or_dash(t["opened_utc_ms"]),
            t["assigned_to"] or "–",
            t["text"],
        )
        for t in found
    ]
    _put(found, header, rows, json_)


@tickets.command("open")
def open_ticket(
    facility: Annotated[str, typer.Argument(help="detector, lamp, cabinet, camera, sign or road.")],
    cabinet: Annotated[str, typer.Argument(help="Cabinet that it belongs to.")],
    text: Annotated[str, typer.Option(help="What is broken.")],
    device: Annotated[str, typer.Option(help="Which one; none: the cabinet as a whole.")] = "",
    json_: Json = False,
) -> None:
    """Open a ticket by hand."""
    body = {"facility": facility, "cabinet": cabinet, "device": device, "text": text}
    _done(post_to_centre("/v1/tickets", body), "ticket_id", json_)


@tickets.command()
def assign(ticket_id: TicketId, to: Annotated[str, typer.Option(help="Who repairs it.")], json_: Json = False) -> None:
    """Say who repairs it."""
    _done(post_to_centre(f"/v1/tickets/{ticket_id}/assign", {"to": to}), "ticket_id", json_)


@tickets.command()
def close(ticket_id: TicketId, note: Annotated[str, typer.Option(help="What was done.")], json_: Json = False) -> None:
    """Close a ticket with a note of what was done."""
    _done(post_to_centre(f"/v1/tickets/{ticket_id}/close", {"note": note}), "ticket_id", json_)


@tickets.command()
def repairs(json_: Json = False) -> None:
    """Say how many repairs are open and closed, and the mean time to repair, for each kind of facility."""
    found = get_from_centre("/v1/repairs")
    rows = [(r["facility"], str(r["open"]), str(r["closed"]), _hours(r["mean_time_to_repair_s"])) for r in found]
    _put(found, ("kind", "open", "closed", "mean time to repair (h)"), rows, json_, numbers_from=1)


def _hours(seconds: float | None) -> str:
    return number(None if seconds is None else seconds / 3600)


def _put(found: Any, header: tuple[str, ...], rows: list[Any], as_json: bool, numbers_from: int = 99) -> None:
    if as_json:
        put_json(found)
    else:
        put_table(header, rows, numbers_from)


def _done(changed: dict[str, Any], key: str, as_json: bool) -> None:
    if as_json:
        put_json(changed)
    else:
        typer.echo(f"{changed[key]} is {changed['state']}")
