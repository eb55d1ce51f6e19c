"""`signal-ctrl incidents`: what blocks roads, from the suspicion to the end; and detection on a recorded folder."""

import csv
from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli import incidents_detect_command
from signal_ctrl.cli.centre_requests import get_from_centre, post_to_centre
from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.cli.times import utc_text_or_dash

app = typer.Typer(name="incidents", help="Incidents: list, show, report, confirm, clear, merge; detect in a recording.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
IncidentId = Annotated[str, typer.Argument(metavar="ID", help="Name of the incident.")]
Note = Annotated[str, typer.Option(help="What is to be said of it.")]
_HEADER = ("incident", "state", "kind", "road", "lanes", "severity", "left", "found (UTC)", "expected end (UTC)")


@app.command("list")
def list_incidents(
    state: Annotated[str, typer.Option(help="live, all, suspected, confirmed or cleared.")] = "live",
    road: Annotated[str, typer.Option(help="Only on this road.")] = "",
    kind: Annotated[str, typer.Option(help="Only of this kind, as 'blocked lane'.")] = "",
    limit: Annotated[int, typer.Option(help="How many at most.")] = 100,
    json_: Json = False,
) -> None:
    """List incidents, the youngest first. `left` is the share of the road's capacity that is left."""
    query: dict[str, str | int] = {"state": state, "road": road, "limit": limit}
    found = get_from_centre("/v1/incidents", **(query | ({"kind": kind} if kind else {})))
    if json_:
        put_json(found)
    else:
        put_table(_HEADER, [_row(each) for each in found], 99)


@app.command()
def show(incident_id: IncidentId, json_: Json = False) -> None:
    """Show one incident with its evidence and its history."""
    found = get_from_centre(f"/v1/incidents/{incident_id}")
    if json_:
        put_json(found)
        return
    for name, value in _facts(found):
        typer.echo(f"{name + ':':15} {value}")
    rows = [
        (utc_text_or_dash(e["at_utc_ms"]), e["source"], e["method"], _strength(e["strength"]), e["text"])
        for e in found["evidence"]
    ]
    typer.echo("")
    put_table(("seen (UTC)", "by", "method", "strength", "evidence"), rows, 99)
    typer.echo("")
    steps = [(utc_text_or_dash(s["at_utc_ms"]), s["who"], s["what"], s["note"]) for s in found["history"]]
    put_table(("at (UTC)", "who", "what", "note"), steps, 99)


@app.command()
def report(
    kind: Annotated[str, typer.Argument(help="'blocked lane', breakdown, 'stopped vehicle', 'wrong way', works, ...")],
    road: Annotated[str, typer.Argument(help="Road on which it is.")],
    lane: Annotated[
        list[int] | None, typer.Option(help="Lane that is blocked, 0 the outermost; may be repeated.")
    ] = None,
    position_m: Annotated[float | None, typer.Option(help="From the road's begin. [m]", show_default=False)] = None,
    capacity_left: Annotated[float | None, typer.Option(help="Share that is left, 0 to 1.", show_default=False)] = None,
    lasts_min: Annotated[float | None, typer.Option(help="For so long from now. [min]", show_default=False)] = None,
    text: Annotated[str, typer.Option(help="What was seen.")] = "",
    json_: Json = False,
) -> None:
    """Report an incident by hand: it is confirmed at once. What is suspected on the road becomes this one."""
    body: dict[str, Any] = {"kind": kind, "road": road, "lanes": lane or [], "text": text}
    body |= {"position_m": position_m, "capacity_left": capacity_left}
    if lasts_min is not None:
        body["expected_end_utc_ms"] = _now_ms() + round(lasts_min * 60_000)
    _done(post_to_centre("/v1/incidents", {name: value for name, value in body.items() if value is not None}), json_)


@app.command()
def confirm(incident_id: IncidentId, note: Note = "", json_: Json = False) -> None:
    """Say that a suspected incident is there."""
    _done(post_to_centre(f"/v1/incidents/{incident_id}/confirm", {"note": note}), json_)


@app.command()
def clear(
    incident_id: IncidentId,
    note: Note = "",
    false_alarm: Annotated[bool, typer.Option("--false-alarm", help="There never was one.")] = False,
    json_: Json = False,
) -> None:
    """Say that an incident is over, or that it was a false alarm."""
    _done(post_to_centre(f"/v1/incidents/{incident_id}/clear", {"note": note, "false_alarm": false_alarm}), json_)


@app.command()
def merge(
    incident_id: IncidentId,
    into: Annotated[str, typer.Option(help="The incident in which it goes on.")],
    json_: Json = False,
) -> None:
    """Say that an incident is the same as another."""
    _done(post_to_centre(f"/v1/incidents/{incident_id}/merge", {"into": into}), json_)


@app.command()
def end(
    incident_id: IncidentId,
    in_min: Annotated[float, typer.Option(help="Expected to be over in so long. [min]")],
    note: Note = "",
    json_: Json = False,
) -> None:
    """Say when an incident is expected to be over."""
    body = {"end_utc_ms": _now_ms() + round(in_min * 60_000), "note": note}
    _done(post_to_centre(f"/v1/incidents/{incident_id}/end", body), json_)


@app.command()
def camera(
    alarms: Annotated[Path, typer.Argument(help="What 'signal-ctrl count --alarms' wrote of a live camera.")],
    name: Annotated[str, typer.Option("--camera", help="Name of the camera.")],
    road: Annotated[str, typer.Option(help="Road that it watches.")],
    lane: Annotated[int | None, typer.Option(help="Lane that it watches.", show_default=False)] = None,
    position_m: Annotated[
        float | None, typer.Option(help="Where, from the road's begin. [m]", show_default=False)
    ] = None,
    json_: Json = False,
) -> None:
    """Send the alarms of a camera that are younger than 15 min: stopped vehicles and wrong way become suspected."""
    sent = [
        post_to_centre(
            "/v1/camera-alarms",
            _without_none({**alarm, "camera": name, "road": road, "lane": lane, "position_m": position_m}),
        )
        for alarm in _young_alarms(alarms)
    ]
    if json_:
        put_json(sent)
    else:
        put_table(_HEADER, [_row(each) for each in sent], 99)


app.command("detect")(incidents_detect_command.detect)


def _young_alarms(path: Path) -> list[dict[str, Any]]:
    from signal_ctrl.domain.errors import InvalidInputError
    from signal_ctrl.gateways.whole_file import read_whole
    from signal_ctrl.watch.incidents.cameras import KINDS
    from signal_ctrl.watch.incidents.service import OLD_MS

    found, since_ms = [], _now_ms() - OLD_MS
    for number, row in enumerate(csv.DictReader(read_whole(path, "alarms").splitlines()), 2):
        try:
            kind, at_ms = row["alarm"], round(float(row["time_s"]) * 1000)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(f"{path}, line {number}: needs the columns time_s and alarm") from error
        if kind in KINDS and at_ms >= since_ms:
            found.append({"alarm": kind, "at_utc_ms": at_ms})
    return found


def _without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    end = found["expected_end"]
    return (
        found["incident_id"],
        found["state"],
        found["kind"],
        found["road"],
        _lanes(found),
        found["severity"],
        f"{found['capacity_left']:.0%}",
        utc_text_or_dash(found["found_utc_ms"]),
        utc_text_or_dash(end["at_utc_ms"] if end else None),
    )


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    end, position_m = found["expected_end"], found["position_m"]
    ended = f"{utc_text_or_dash(found['cleared_utc_ms'])}, {found['closed_as']}" if found["closed_as"] else "–"
    return [
        ("incident", f"{found['incident_id']}, {found['state']}"),
        ("kind", f"{found['kind']}, {found['severity']}"),
        ("road", found["road"]),
        ("place", "–" if position_m is None else f"{position_m:.0f} m from its begin"),
        ("lanes", _lanes(found)),
        ("capacity left", f"{found['capacity_left']:.0%}"),
        ("began (UTC)", utc_text_or_dash(found["began_utc_ms"])),
        ("expected end", f"{utc_text_or_dash(end['at_utc_ms'])}, {end['method']}" if end else "–"),
        ("ended (UTC)", ended),
        ("ticket", found["ticket"] or "–"),
        ("text", found["text"] or "–"),
    ]


def _lanes(found: dict[str, Any]) -> str:
    return ", ".join(str(lane) for lane in found["lanes"]) or "–"


def _strength(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _done(changed: dict[str, Any], as_json: bool) -> None:
    if as_json:
        put_json(changed)
    else:
        typer.echo(f"{changed['incident_id']} is {changed['state']}")


def _now_ms() -> int:
    from signal_ctrl.gateways.system_clock import SystemClock

    return SystemClock().utc_ms()
