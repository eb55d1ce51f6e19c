"""`signal-ctrl response`: emergency plans imported, checked, rehearsed, ordered as one act, approved, ended."""

from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.centre_requests import get_from_centre, post_to_centre
from signal_ctrl.cli.failures import CHECK_FAILED, agree
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.cli.response_rehearse_command import rehearse
from signal_ctrl.domain.errors import InvalidInputError

app = typer.Typer(
    name="response",
    help="Emergency plans: import, list, show, check, rehearse, order, approve, end; tasks, orders and the ledger.",
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
File = Annotated[Path, typer.Argument(help="Document of a response, TOML or JSON; see docs/emergency-plans.md.")]
Name = Annotated[str, typer.Argument(help="Name of the response in the library.")]
Number = Annotated[int, typer.Option(help="Which of that name; 0: the last one.")]
Id = Annotated[
    str, typer.Argument(metavar="ORDER", help="Name of the ordered response, as 'response orders' shows it.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")]


@app.command("import")
def import_(
    file: File, note: Annotated[str, typer.Option(help="What else is to be said.")] = "", json_: Json = False
) -> None:
    """Take a response into the library; refused with every reason where it could not be ordered."""
    from signal_ctrl.cli.text_file import text_of_file

    item = post_to_centre("/v1/responses", {"document": text_of_file(file), "note": note})
    if json_:
        put_json(item)
    else:
        typer.echo(f"response {item['name']} number {item['number']} is in the library, hash {item['sha256'][:12]}…")


@app.command("list")
def list_(json_: Json = False) -> None:
    """List the last response of each name."""
    import json

    from signal_ctrl.cli.times import utc_text

    found = get_from_centre("/v1/responses")
    if json_:
        put_json(found)
        return
    rows = []
    for item in found:
        said = json.loads(item["document"])
        parts = sum(len(said[key]) for key in ("override", "plan", "sign", "mission"))
        at = utc_text(item["uploaded_utc_ms"])
        rows.append(
            (
                item["name"],
                str(item["number"]),
                said["kind"],
                str(parts),
                str(len(said["checklist"])),
                at,
                said["title"],
            )
        )
    put_table(("response", "number", "kind", "parts", "tasks", "imported (UTC)", "title"), rows, numbers_from=99)


@app.command()
def show(
    name: Name, number_: Annotated[int, typer.Option("--number", help="Which of that name.")] = 0, json_: Json = False
) -> None:
    """Show a response of the library part by part."""
    import json

    item = get_from_centre(f"/v1/responses/{name}", number=number_)
    if json_:
        put_json(item)
        return
    said = json.loads(item["document"])
    typer.echo(
        f"{said['name']} number {item['number']}: {said['title']} ({said['kind']}), {said['lasts_s'] / 60:g} min"
    )
    put_table(("part", "kind", "from [min]", "what"), _parts_of(said), numbers_from=99)
    for at, task in enumerate(said["checklist"], 1):
        typer.echo(f"  task {at}: {task}")


@app.command()
def check(
    response: Annotated[str, typer.Argument(help="Document of a response, or the name of one in the library.")],
    json_: Json = False,
) -> int:
    """Say whether a response could be ordered now, with every reason why not.

    Exit code 0: it could; 1: it could not.
    """
    from signal_ctrl.cli.text_file import text_of_file

    path = Path(response)
    if path.suffix or path.exists():
        found = post_to_centre("/v1/response-checks", {"document": text_of_file(path)})
    else:
        found = get_from_centre(f"/v1/responses/{response}/check")
    if json_:
        put_json(found)
    elif found["accepted"]:
        typer.echo(f"response {found['name']} could be ordered now")
    else:
        typer.echo(f"response {found['name']} cannot be ordered: {len(found['reasons'])} reasons")
        put_table(("part", "rule", "reason"), [(r["part"], r["rule"], r["text"]) for r in found["reasons"]], 99)
    return 0 if found["accepted"] else CHECK_FAILED


app.command()(rehearse)


@app.command()
def order(
    name: Name,
    case: Annotated[str, typer.Option(help="Case number.")],
    number_: Annotated[int, typer.Option("--number", help="Which of that name; 0: the last one.")] = 0,
    start: Annotated[str, typer.Option(help="Start as 2026-03-29T01:00Z; default: at once.")] = "",
    yes: Yes = False,
    json_: Json = False,
) -> None:
    """Order a response as one act: shows everything that it does and may cost, asks, then waits for a second person."""
    from signal_ctrl.cli.override_wish import utc_ms_of

    if json_ and not yes:
        raise InvalidInputError("--json does not ask: say --yes with it")
    wish = {"response": name, "case": case, "number": number_, "start_utc_ms": utc_ms_of(start) if start else None}
    prepared = post_to_centre("/v1/response-preparations", wish)
    if not json_:
        _tell_preparation(prepared)
    if yes or agree("order it?"):
        ordered = post_to_centre("/v1/response-orders", {"document": prepared["document"], "nonce": prepared["nonce"]})
        _tell(ordered, json_)


@app.command()
def approve(order_id: Id, yes: Yes = False, json_: Json = False) -> int:
    """Approve what somebody else has ordered, within 5 min: all parts begin, or none.

    Exit code 0: it is in force; 1: a part did not come about, and nothing was kept.
    """
    found = get_from_centre(f"/v1/response-orders/{order_id}")["order"]
    if not json_:
        _tell(found, False)
    if not (yes or json_):
        agree("approve it?")
    begun = post_to_centre(f"/v1/response-orders/{order_id}/approve", {"sha256": found["sha256"]})
    _tell(begun, json_)
    return CHECK_FAILED if begun["state"] == "failed" else 0


@app.command()
def end(order_id: Id, json_: Json = False) -> None:
    """End a response as one act: overrides, plans, signs, and missions that nobody was sent to."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        _tell(client.delete(f"/v1/response-orders/{order_id}"), json_)


@app.command()
def orders(
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False, json_: Json = False
) -> None:
    """List responses that were ordered, the youngest first."""
    from signal_ctrl.cli.times import utc_text

    found = get_from_centre("/v1/response-orders", state="all" if all_ else "live")
    if json_:
        put_json(found)
        return
    rows = [
        (
            o["order_id"],
            o["state"],
            o["response"],
            utc_text(o["ended_utc_ms"] or o["end_utc_ms"]),
            o["issuer"],
            o["approver"] or "–",
            o["case"],
        )
        for o in found
    ]
    header = ("order", "state", "response", "ends (UTC)", "issuer", "approver", "case")
    put_table(header, rows, numbers_from=len(header))


@app.command()
def status(order_id: Id, json_: Json = False) -> None:
    """Show an ordered response: its parts, its missions, and which tasks are done by whom."""
    found = get_from_centre(f"/v1/response-orders/{order_id}")
    if json_:
        put_json(found)
        return
    _tell(found["order"], False)
    for mission in found["missions"]:
        typer.echo(f"  mission {mission['mission_id']} is {mission['state']}: {mission['text']}")
    for at, task in enumerate(found["order"]["checklist"], 1):
        done = f"done by {task['done_by']}" if task["done_by"] else "open"
        typer.echo(f"  task {at} ({done}): {task['text']}")


@app.command()
def task(
    order_id: Id,
    task_: Annotated[int, typer.Argument(metavar="TASK", min=1, help="Which task, counted from 1.")],
    note: Annotated[str, typer.Option(help="What else is to be said.")] = "",
    json_: Json = False,
) -> None:
    """Say that a task of the checklist is done."""
    _tell(post_to_centre(f"/v1/response-orders/{order_id}/tasks/{task_}", {"note": note}), json_)


@app.command()
def ledger(json_: Json = False) -> None:
    """Say what each ordered response brought: how long it lasted, its delay price, missions and tasks done."""
    found = get_from_centre("/v1/response-ledger")
    if json_:
        put_json(found)
        return
    rows = [
        (
            b["order_id"],
            b["response"],
            b["state"],
            "–" if b["lasted_s"] is None else number(b["lasted_s"] / 60),
            _middle(b["estimate"]),
            _middle(b["measured"]),
            f"{b['missions_closed']}/{b['missions']}",
            f"{b['tasks_done']}/{b['tasks']}",
        )
        for b in found
    ]
    header = ("order", "response", "state", "lasted [min]", "estimate [veh h]", "measured", "missions", "tasks")
    put_table(header, rows, numbers_from=3)


def _parts_of(said: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    rows = []
    for part in said["override"]:
        where = part.get("cabinets") or [part.get("corridor") or part.get("district") or "route"]
        names = [stop["cabinet"] for stop in part["route"]] if "route" in part else where
        what = f"{part['kind']} {part.get('stage', '')} at {', '.join(names)} for {part['lasts_s'] / 60:g} min"
        rows.append((part["name"], "override", f"{part['from_s'] / 60:g}", " ".join(what.split())))
    for part in said["plan"]:
        where = ", ".join(part.get("cabinets", [])) or part.get("corridor", "") or "all of its signals"
        rows.append((part["name"], "plan", f"{part['from_s'] / 60:g}", f"{part['plan']} for {where}"))
    for part in said["sign"]:
        rows.append((part["name"], "sign", f"{part['from_s'] / 60:g}", f"{part['sign']}: {part['zh']} / {part['en']}"))
    for part in said["mission"]:
        rows.append((part["name"], "mission", "0", f"{', '.join(part['kinds'])}: {part['text']}"))
    return rows


def _tell_preparation(prepared: dict[str, Any]) -> None:
    from signal_ctrl.cli.times import utc_text

    document = prepared["document"]
    minutes = (document["end_utc_ms"] - document["start_utc_ms"]) / 60_000
    begins = utc_text(document["start_utc_ms"])
    typer.echo(f"{document['response']} number {document['number']} from {begins} UTC for {minutes:g} min")
    counts = {key: len(document[key]) for key in ("overrides", "plans", "signs", "missions", "checklist")}
    typer.echo("  " + ", ".join(f"{count} {key}" for key, count in counts.items()))
    typer.echo(f"  reaches {', '.join(prepared['cabinets'])}")
    price = prepared["estimate"]
    typer.echo(f"  expected price: {_middle(price)} vehicle-hours; unknown for {len(price['unknown'])} groups")
    typer.echo("  a second person has to approve it")


def _tell(found: dict[str, Any], as_json: bool) -> None:
    from signal_ctrl.cli.times import utc_text

    if as_json:
        put_json(found)
        return
    over = found["ended_utc_ms"]
    ends = f"it ended at {utc_text(over)}" if over else f"it ends at {utc_text(found['end_utc_ms'])}"
    typer.echo(f"response {found['order_id']} ({found['response']}) is {found['state']}; {ends} UTC")
    rows = [(p["name"], p["kind"], p["state"], p["ref"] or "–", p["text"]) for p in found["parts"]]
    put_table(("part", "kind", "state", "what", "why"), rows, numbers_from=99)
    if found["state"] == "waiting for approval":
        typer.echo(f"  a second person says within 5 min: signal-ctrl response approve {found['order_id']}")


def _middle(price: dict[str, Any]) -> str:
    return "–" if price["added_veh_h"] is None else number(price["added_veh_h"][1], 2)
