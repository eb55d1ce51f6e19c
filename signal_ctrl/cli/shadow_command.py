"""`signal-ctrl shadow`: adaptive control advises a live junction; what it would have done; there and back."""

from typing import Annotated

import typer

from signal_ctrl.cli.output import number, put_json, put_table

app = typer.Typer(name="shadow", help="Shadow mode: adaptive control advises while the plan runs; report, switch.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command("list")
def list_(json_: Json = False) -> None:
    """List who decides where that was ever switched; everywhere else the plan does."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = client.get("/v1/shadow")
    if json_:
        put_json(found)
        return
    rows = [(m["cabinet"], m["mode"], utc_text(m["since_utc_ms"]), m["by"]) for m in found]
    put_table(("cabinet", "decides", "since (UTC)", "by"), rows, numbers_from=99)


@app.command()
def switch(
    mode: Annotated[str, typer.Argument(help="plan, shadow (the plan, with advice) or adaptive.")],
    at: Annotated[list[str], typer.Option(help="Cabinet. May be repeated.")],
    json_: Json = False,
) -> None:
    """Switch who decides at some junctions, there and back: one audited act."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.post("/v1/shadow/switch", {"cabinets": at, "mode": mode})
    if json_:
        put_json(found)
    else:
        typer.echo(f"{mode} at {', '.join(each['cabinet'] for each in found)}")


@app.command()
def report(
    cabinet: Annotated[str, typer.Argument(help="Cabinet.")],
    since: Annotated[str, typer.Option(help="From when on, as 2026-03-01T00:00Z.")],
    until: Annotated[str, typer.Option(help="Until when, as 2026-04-01T00:00Z.")],
    json_: Json = False,
) -> None:
    """Say what adaptive control would have done at a junction, as its own model predicts it, and how."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.override_wish import utc_ms_of

    with connected() as client:
        found = client.get(f"/v1/shadow/{cabinet}/report", since=utc_ms_of(since), until=utc_ms_of(until))
    if json_:
        put_json(found)
        return
    typer.echo(f"{cabinet}, {found['mode']}: {found['decisions']} decisions, {found['differing']} differ from the plan")
    typer.echo(f"  {found['comparable']} can be compared, {found['windows']} windows that do not overlap")
    gain = found["gain_veh_s_per_window"]
    span = found["ci95_veh_s_per_window"]
    between = f" (95 %: {number(span[0])} to {number(span[1])})" if span else " (no interval: fewer than 3 hours)"
    typer.echo(f"  predicted gain: {number(gain)} vehicle-seconds a window{between if gain is not None else ''}")
    typer.echo(f"  {found['method']}")
