"""`signal-ctrl override`: take junctions over and give them back, by the centre's routes."""

from typing import Annotated, Any

import typer

from signal_ctrl.cli.failures import agree
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

app = typer.Typer(name="override", help="Overrides: issue, list, approve, release; what they cost in delay.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Name of the override, as 'override list' shows it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")]


@app.command()
def issue(
    kind: Annotated[str, typer.Argument(help="hold_stage, call_stage, green_route, all_red, flash or dark.")],
    *,
    reason: Annotated[
        str,
        typer.Option(help="accident, congestion, emergency, escort, event, flood, power, roadworks or other."),
    ],
    case: Annotated[str, typer.Option(help="Case number.")],
    minutes: Annotated[float, typer.Option(help="How long it lasts, 1 to 120 min; there is no default.")],
    at: Annotated[list[str] | None, typer.Option(help="Cabinet. May be repeated.")] = None,
    corridor: Annotated[str, typer.Option(help="All cabinets of a corridor.")] = "",
    district: Annotated[str, typer.Option(help="All cabinets of a district.")] = "",
    stage: Annotated[str, typer.Option(help="Stage to hold or call, at every cabinet.")] = "",
    stop: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a green route, in order: CABINET=STAGE@SECONDS, when the convoy arrives after the start."
        ),
    ] = None,
    convoy_s: Annotated[int, typer.Option(help="How long the convoy takes to pass [s].")] = 30,
    start: Annotated[str, typer.Option(help="Start as 2026-03-29T01:00Z; default: at once.")] = "",
    note: Annotated[str, typer.Option(help="What else the next shift has to know.")] = "",
    only_price: Annotated[bool, typer.Option("--only-price", help="Show the estimate and issue nothing.")] = False,
    yes: Yes = False,
    json_: Json = False,
) -> None:
    """Issue an override: shows whom it reaches and what it may cost, asks, then issues it.

    Flash, dark, long ones and those of many cabinets wait for a second person: 'override approve'.
    """
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.override_wish import scope_of, stop_of, utc_ms_of

    if json_ and not (yes or only_price):
        raise InvalidInputError("--json does not ask: say --yes or --only-price with it")
    wish = {
        "kind": kind,
        "scope": None if stop else scope_of(at or [], corridor, district),
        "reason": reason,
        "case": case,
        "note": note,
        "lasts_s": round(minutes * 60),
        "start_utc_ms": utc_ms_of(start) if start else None,
        "stage": stage,
        "route": [stop_of(each) for each in stop or []],
        "convoy_s": convoy_s,
    }
    with connected() as client:
        prepared = client.post("/v1/override-preparations", wish)
        if not json_:
            _tell_preparation(prepared)
        if only_price:
            if json_:
                put_json(prepared)
            return
        if not yes:
            agree("issue it?")
        override = client.post("/v1/overrides", {"document": prepared["document"], "nonce": prepared["nonce"]})
    _tell(override, json_)


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    json_: Json = False,
) -> None:
    """List overrides, the youngest first: those that wait, are to come, or are in force."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.get("/v1/overrides", state="all" if all_ else "live", limit=limit)
    if json_:
        put_json(found)
        return
    header = ("override", "state", "kind", "cabinets", "ends (UTC)", "issuer", "approver", "case")
    put_table(header, [_row(each) for each in found], numbers_from=len(header))


@app.command()
def approve(override_id: Id, yes: Yes = False, json_: Json = False) -> None:
    """Approve what somebody else has issued, within 5 min, after you have looked at it."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        override = client.get(f"/v1/overrides/{override_id}")
        if not json_:
            _tell(override, False)
        if not yes:
            agree("approve it?")
        _tell(client.post(f"/v1/overrides/{override_id}/approve", {"sha256": override["sha256"]}), json_)


@app.command()
def release(override_id: Id, json_: Json = False) -> None:
    """Give the junctions back: the issuer may, and any supervisor. Lamps change by the rules of the kernel."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        _tell(client.delete(f"/v1/overrides/{override_id}"), json_)


@app.command()
def price(override_id: Id, json_: Json = False) -> None:
    """Show what an override was expected to cost, and what it did: the latter within 60 s of its end."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.get(f"/v1/overrides/{override_id}/price")
    if json_:
        put_json(found)
        return
    for kind in ("estimate", "measured"):
        if found[kind] is None:
            typer.echo(f"{kind}: not yet")
        else:
            _tell_price(found[kind])


def _tell_preparation(prepared: dict[str, Any]) -> None:
    document = prepared["document"]
    names = ", ".join(prepared["cabinets"][:12]) + (", …" if len(prepared["cabinets"]) > 12 else "")
    minutes = (document["end_utc_ms"] - document["start_utc_ms"]) / 60_000
    typer.echo(f"{document['kind']} at {len(prepared['cabinets'])} cabinets ({names}) for {minutes:g} min")
    if prepared["second"]:
        typer.echo(f"a second person has to approve it: {', '.join(prepared['second'])}")
    _tell_price(prepared["estimate"])


def _tell_price(price: dict[str, Any]) -> None:
    if price["added_veh_h"] is None:
        typer.echo(f"{price['kind']}: unknown")
    else:
        low, middle, high = (number(value, 2) for value in price["added_veh_h"])
        typer.echo(f"{price['kind']}: {middle} vehicle-hours more ({low} to {high}), by {price['method']}")
    reasons = sorted({group["why"] for group in price["groups"] if group["added_veh_h"] is None})
    if price["unknown"]:
        typer.echo(f"  unknown for {', '.join(price['unknown'][:8])}: {'; '.join(reasons)}")
    for crossing in price["crossings"][:8]:
        wait_s = crossing["added_wait_s"]
        told = "unknown" if wait_s is None else f"{wait_s:.0f} s longer"
        typer.echo(f"  who comes to crossing {crossing['group']} of {crossing['cabinet']} waits {told}")


def _tell(override: dict[str, Any], as_json: bool) -> None:
    from signal_ctrl.cli.times import utc_text

    if as_json:
        put_json(override)
        return
    over = override["ended_utc_ms"]
    ends = f"it ended at {utc_text(over)}" if over else f"it ends at {utc_text(override['document']['end_utc_ms'])}"
    typer.echo(f"override {override['override_id']} is {override['state']}; {ends} UTC")
    if override["state"] == "waiting for approval":
        typer.echo(f"  waits for a second person: {', '.join(override['second'])}")
        typer.echo(f"  who says within 5 min: signal-ctrl override approve {override['override_id']}")


def _row(override: dict[str, Any]) -> tuple[str, ...]:
    from signal_ctrl.cli.times import utc_text

    document = override["document"]
    names = [leg["cabinet"] for leg in document["legs"]]
    places = ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
    ends = utc_text(override["ended_utc_ms"] or document["end_utc_ms"])
    who = (override["issuer"], override["approver"] or "–", document["case"])
    return (override["override_id"], override["state"], document["kind"], places, ends, *who)
