"""`signal-ctrl shadow`: adaptive control advises a live junction; what it would have done; there and back."""

from typing import Annotated, Any

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
    for line in _report_lines(cabinet, found):
        typer.echo(line)


def _report_lines(cabinet: str, found: dict[str, Any]) -> list[str]:
    """Return the report in words."""
    watched = f"{found['watched_s'] / 3600:.1f} h watched, {found['vehicles']} vehicles"
    hourly = _between(found["ci95_veh_h_per_h"], "3 quarters of an hour")
    window = _between(found["ci95_veh_s_per_window"], "3 hours")
    return [
        f"{cabinet}, {found['mode']}: {watched}",
        f"  {found['decisions']} decisions, {found['differing']} differ from the plan, {found['missed']} came too late",
        f"  expected gain: {number(found['gain_veh_h_per_h'])} vehicle-hours an hour{hourly}",
        f"  that is {number(found['gain_s_per_vehicle'])} s for each vehicle that was counted",
        f"  {found['windows']} windows apart: {number(found['gain_veh_s_per_window'])} vehicle-seconds each{window}",
        f"  {found['method']}",
    ]


def _between(span: list[float] | None, least: str) -> str:
    return f" (95 %: {number(span[0])} to {number(span[1])})" if span else f" (no interval: fewer than {least})"


@app.command()
def differences(
    cabinet: Annotated[str, typer.Argument(help="Cabinet.")],
    limit: Annotated[int, typer.Option(help="So many at most, the youngest first.")] = 20,
    json_: Json = False,
) -> None:
    """List single decisions beside the plan: one for each window, and one where advice and plan began to differ."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = client.get(f"/v1/shadow/{cabinet}/advice", limit=limit)
    if json_:
        put_json(found)
        return
    rows = [
        (
            utc_text(a["at_utc_ms"]),
            a["ran"],
            f"{a['plan_next']} in {a['plan_next_in_s']:g} s",
            f"{a['advised']} in {a['advised_in_s']:g} s",
            "yes" if a["differs"] else "no",
            number(None if a["plan_cost_veh_s"] is None else a["plan_cost_veh_s"] - a["advised_cost_veh_s"]),
        )
        for a in found
    ]
    put_table(("time (UTC)", "lit", "plan", "advice", "differ", "gain [veh s]"), rows, numbers_from=5)
