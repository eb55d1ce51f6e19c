"""`signal-ctrl diversion propose / order / end / list / show`: ways round what is limited, by the centre's routes."""

from typing import Annotated, Any

import typer

from signal_ctrl.cli.centre_requests import get_from_centre, post_to_centre
from signal_ctrl.cli.output import put_json, put_table

app = typer.Typer(name="diversion", help="Diversions: propose with predicted effect, order, end, list, show.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DiversionId = Annotated[str, typer.Argument(metavar="ID", help="Name of the diversion.")]
_HEADER = ("diversion", "state", "road", "left", "until (UTC)", "ways", "signals", "saves [veh h]", "by")


@app.command()
def propose(
    road: Annotated[str, typer.Option(help="Road that is limited; or give --incident.")] = "",
    incident: Annotated[str, typer.Option(help="Confirmed incident that limits it.")] = "",
    capacity_left: Annotated[float, typer.Option(help="Share of its capacity that is left, 0 to below 1.")] = 0.0,
    minutes: Annotated[int | None, typer.Option(help="For how long; without it, the incident's expected end.")] = None,
    compliance: Annotated[float, typer.Option(help="Share of drivers who will follow a sign.")] = 0.4,
    json_: Json = False,
) -> None:
    """Work out a diversion and show what it would bring. Nothing acts before it is ordered."""
    body = {
        "road": road,
        "incident": incident,
        "capacity_left": capacity_left,
        "minutes": minutes,
        "compliance": compliance,
    }
    _put(post_to_centre("/v1/diversions", body), json_)


@app.command()
def order(diversion_id: DiversionId, json_: Json = False) -> None:
    """Let a proposal act: texts on signs, plans to signals. It ends by itself at its time or with its incident."""
    _put(post_to_centre(f"/v1/diversions/{diversion_id}/order", {}), json_)


@app.command()
def end(
    diversion_id: DiversionId,
    why: Annotated[str, typer.Option(help="Why it ends.")] = "",
    json_: Json = False,
) -> None:
    """End a diversion before its time; signs and plans go back."""
    _put(post_to_centre(f"/v1/diversions/{diversion_id}/end", {"why": why}), json_)


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help="proposed, ordered, ended or lapsed; all without it.")] = "",
    limit: Annotated[int, typer.Option(help="How many at most.")] = 100,
    json_: Json = False,
) -> None:
    """List diversions, the youngest first."""
    found = get_from_centre("/v1/diversions", state=state, limit=limit)
    if json_:
        put_json(found)
    else:
        put_table(_HEADER, [_row(each) for each in found], 99)


@app.command()
def show(diversion_id: DiversionId, json_: Json = False) -> None:
    """Show a diversion: ways, what signs say, what is expected road by road, and what it brought."""
    _put(get_from_centre(f"/v1/diversions/{diversion_id}"), json_)


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    from signal_ctrl.cli.times import utc_text

    plan, limit = found["plan"], found["limit"]
    return (
        found["diversion_id"],
        found["state"],
        limit["road"],
        f"{limit['capacity_left']:.0%}",
        utc_text(found["until_utc_ms"] or limit["until_utc_ms"]),
        str(len(plan["ways"])),
        str(len(plan["cabinets"])),
        f"{plan['delay_without_veh_h'] - plan['delay_with_veh_h']:.1f}",
        found["ordered_by"] or found["proposed_by"],
    )


def _put(found: dict[str, Any], json_: bool) -> None:
    if json_:
        put_json(found)
        return
    plan = found["plan"]
    put_table(_HEADER, [_row(found)], 99)
    without, with_ = plan["delay_without_veh_h"], plan["delay_with_veh_h"]
    typer.echo(
        f"\n{plan['affected_veh_h']:.0f} veh/h pass it. Expected delay {without:.1f} veh h without, {with_:.1f} with "
        f"({plan['compliance']:.0%} of drivers follow)."
    )
    for note in plan["notes"]:
        typer.echo(note)
    _put_parts(plan)
    brought = found["brought"]
    if brought is not None:
        typer.echo(
            f"\nBrought: {brought['measured_veh_h']:.1f} veh h measured over {brought['minutes']} min, predicted "
            f"{brought['predicted_with_veh_h']:.1f} with and {brought['predicted_without_veh_h']:.1f} without."
        )


def _put_parts(plan: dict[str, Any]) -> None:
    ways = [
        (w["sign_id"], f"{w['flow_veh_h']:.0f}", f"{w['time_s']:.0f}", f"{w['usual_s']:.0f}", " ".join(w["roads"][1:]))
        for w in plan["ways"]
    ]
    typer.echo("")
    put_table(("sign", "veh/h", "takes [s]", "usual [s]", "by"), ways, 1)
    typer.echo("")
    put_table(("sign", "中文", "English"), [(t["sign_id"], t["zh"], t["en"]) for t in plan["texts"]], 99)
    effects = [
        (
            e["road"],
            f"{e['flow_without_veh_h']:.0f}",
            f"{e['flow_with_veh_h']:.0f}",
            f"{e['delay_without_veh_h']:.2f}",
            f"{e['delay_with_veh_h']:.2f}",
        )
        for e in plan["effects"][:20]
    ]
    typer.echo("")
    put_table(("road", "veh/h without", "with", "delay [veh h] without", "with"), effects, 1)
    if plan["cabinets"]:
        typer.echo(f"\nSignals with another plan: {', '.join(plan['cabinets'])}")
    for gate in plan["gates"]:
        typer.echo(f"Gate {gate['road']}: {gate['from_veh_h']:.0f} to {gate['to_veh_h']:.0f} veh/h")
