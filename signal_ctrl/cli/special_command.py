"""`signal-ctrl special`: special vehicles registered and revoked, their corridors asked for, watched and ended."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.output import number, put_json, put_table

app = typer.Typer(
    name="special", help="Special vehicles: register, green corridors ahead of them, and how they fare in simulation."
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Vehicle = Annotated[str, typer.Argument(metavar="VEHICLE", help="Name of the vehicle.")]
Credential = Annotated[Path, typer.Option(help="Credential of the vehicle's device, made by 'special register'.")]
CentreAt = Annotated[str, typer.Option("--centre", help="Address of the centre, https://HOST:PORT.")]
Authority = Annotated[Path | None, typer.Option(help="Certificate that signs the centre's, if not a known one.")]
At = Annotated[str, typer.Option(help="Where the vehicle is, as LONGITUDE,LATITUDE in degrees.")]
Heading = Annotated[float | None, typer.Option(min=0, max=360, help="Which way it drives, clockwise from north [°].")]


@app.command()
def register(
    vehicle: Vehicle,
    kind: Annotated[str, typer.Option(help="fire, ambulance or police; precedence is in this order.")],
    out: Annotated[Path, typer.Option("--out", help="File for the credential of its device, for its owner alone.")],
    *,
    owner: Annotated[str, typer.Option(help="Whose it is, in words.")] = "",
    tag: Annotated[str, typer.Option(help="Pseudonym under which readers of e-plates see it.")] = "",
    feed: Annotated[str, typer.Option(help="FEED/NAME: the feed of positions that reports it, and its name.")] = "",
    unit: Annotated[str, typer.Option(help="The unit of dispatch that it is.")] = "",
    json_: Json = False,
) -> None:
    """Register a vehicle and write the credential of its device. Needs the right to manage devices."""
    from signal_ctrl.cli.centre_requests import post_to_centre
    from signal_ctrl.gateways.whole_file import check_free
    from signal_ctrl.stores.key_files import write_secret

    check_free(out, overwrite=False)
    body = {"vehicle": vehicle, "kind": kind, "owner": owner, "tag": tag, "vehicle_of_feed": feed, "unit": unit}
    credential = str(post_to_centre("/v1/special-vehicles", body)["credential"])
    write_secret(out, f"{credential}\n".encode())
    found = {"vehicle": vehicle, "kind": kind, "credential": str(out)}
    put_json(found) if json_ else typer.echo(f"vehicle {vehicle} ({kind}), credential: {out}")


@app.command()
def revoke(vehicle: Vehicle, json_: Json = False) -> None:
    """Take a vehicle out: its device is refused at once, and a corridor that it has ends."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.delete(f"/v1/special-vehicles/{vehicle}")
    put_json(found) if json_ else typer.echo(f"vehicle {vehicle} is revoked")


@app.command("list")
def list_(json_: Json = False) -> None:
    """List the registered vehicles, revoked ones too."""
    from signal_ctrl.cli.centre_requests import get_from_centre

    found = get_from_centre("/v1/special-vehicles")
    if json_:
        put_json(found)
        return
    rows = [
        (v["vehicle"], v["kind"], v["unit"] or "–", v["tag"] or "–", v["vehicle_of_feed"] or "–",
         "revoked" if v["revoked_utc_ms"] else "registered")
        for v in found
    ]  # fmt: skip
    put_table(("vehicle", "kind", "unit", "tag", "feed", "state"), rows, numbers_from=6)


@app.command()
def request(
    vehicle: Annotated[str, typer.Argument(metavar="[VEHICLE]", help="Name of the vehicle; not with --mission.")] = "",
    *,
    mission: Annotated[str, typer.Option(help="To the mission of its unit, from where the unit is now.")] = "",
    road: Annotated[
        list[str] | None, typer.Option(help="A road of its way, in driving order. May be repeated.")
    ] = None,
    notice_s: Annotated[float, typer.Option(min=0, max=1800, help="It sets out so long from now [s].")] = 0.0,
    json_: Json = False,
) -> None:
    """Give a vehicle a corridor, over some roads or to the mission of its unit. Needs the right to dispatch."""
    from signal_ctrl.cli.centre_requests import post_to_centre

    body = {"vehicle": vehicle, "mission": mission, "roads": list(road or ()), "notice_s": notice_s}
    found = post_to_centre("/v1/corridors", body)
    put_json(found) if json_ else _tell(found)


@app.command()
def watch(
    corridor: Annotated[str, typer.Argument(metavar="[CORRIDOR]", help="One corridor; without it all that last.")] = "",
    *,
    every_s: Annotated[float, typer.Option(min=0, help="Look again so often, until it is over; 0: once [s].")] = 0.0,
    over: Annotated[bool, typer.Option("--over", help="Those of before too.")] = False,
    json_: Json = False,
) -> None:
    """Show corridors: where each vehicle is, and which junctions are kept for it."""
    from signal_ctrl.cli.centre_requests import get_from_centre

    while True:
        query = {"over": "true"} if over else {}
        found = (
            [get_from_centre(f"/v1/corridors/{corridor}")] if corridor else get_from_centre("/v1/corridors", **query)
        )
        put_json(found) if json_ else _tell_all(found)
        if corridor and not json_:
            _tell_arrivals(found[0])
        if not every_s or not any(each["live"] for each in found):
            return
        time.sleep(every_s)


@app.command()
def end(
    corridor: Annotated[str, typer.Argument(metavar="CORRIDOR", help="Name of the corridor.")], json_: Json = False
) -> None:
    """End a corridor: what is kept for it is given back at once. Needs the right to dispatch."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.delete(f"/v1/corridors/{corridor}")
    put_json(found) if json_ else typer.echo(f"corridor {corridor} is over: {found['corridor']['why']}")


@app.command()
def call(
    credential: Credential,
    at: At,
    *,
    centre: CentreAt = "http://127.0.0.1:8080",
    authority: Authority = None,
    heading_deg: Heading = None,
    road: Annotated[
        list[str] | None, typer.Option(help="A road of its way, in driving order. May be repeated.")
    ] = None,
    json_: Json = False,
) -> None:
    """Ask for a corridor as the vehicle's own device does; without roads by the likely way ahead."""
    from signal_ctrl.cli.special_device import Device

    body = {**_place(at, heading_deg), "roads": list(road or ())}
    found = Device(credential, centre, authority).ask("POST", "corridor", body)
    put_json(found) if json_ else _tell(found)


@app.command()
def report(
    credential: Credential,
    at: At,
    *,
    centre: CentreAt = "http://127.0.0.1:8080",
    authority: Authority = None,
    heading_deg: Heading = None,
    json_: Json = False,
) -> None:
    """Report a position as the vehicle's own device does."""
    from signal_ctrl.cli.special_device import Device

    found = Device(credential, centre, authority).ask("POST", "position", _place(at, heading_deg))
    put_json(found) if json_ else typer.echo(f"vehicle {found['vehicle']}: the position was taken")


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A catalogue name or the path of a .sumocfg.")],
    *,
    trips: Annotated[Path | None, typer.Option(help="Special vehicles; form in docs/file-formats.md.")] = None,
    random: Annotated[int, typer.Option(min=0, help="In place of a file: so many trips drawn at random.")] = 0,
    first_s: Annotated[float, typer.Option(help="The first of them sets out [s].")] = 26_100.0,
    apart_s: Annotated[float, typer.Option(min=1, help="Time between two of them [s].")] = 600.0,
    begin_s: Annotated[float | None, typer.Option("--begin", help="Begin of the run [s].")] = None,
    end_s: Annotated[float | None, typer.Option("--end", help="End of the run [s].")] = None,
    controller: Annotated[str, typer.Option(help="Who decides at the signals otherwise.")] = "adaptive",
    seed: Annotated[int, typer.Option(min=0, help="SUMO's seed, and that of random trips.")] = 1,
    no_corridor: Annotated[
        bool, typer.Option("--no-corridor", help="The same vehicles, and nobody makes way.")
    ] = False,
    rescue_lane: Annotated[
        bool, typer.Option("--rescue-lane", help="Other drivers form a rescue lane; the vehicle stops at red.")
    ] = False,
    blue_light: Annotated[
        bool, typer.Option("--blue-light", help="SUMO's device as it is: rescue lane, and red is passed.")
    ] = False,
    log: Annotated[Path | None, typer.Option(help="File for every step of the corridors, JSON lines.")] = None,
    json_: Json = False,
) -> int:
    """Run a scenario with special vehicles and their corridors in the closed loop, in one process with SUMO.

    Exit code 1 if the kernel saw a violation; 2 for bad input; 3 if SUMO fails.
    """
    from dataclasses import asdict

    from signal_ctrl.cli.progress import Stretch, watching
    from signal_ctrl.cli.special_simulating import Asked, order_of
    from sumo_scenarios.special_loop.run import run_special
    from sumo_scenarios.special_loop.trips import free_times_s

    asked = Asked(scenario, trips, random, first_s, apart_s, begin_s, end_s, controller, seed, rescue_lane, blue_light)
    order = order_of(asked, corridor=not no_corridor)
    free_s = free_times_s(order)
    with watching([Stretch(scenario, order.settings.begin_s or 0.0, order.settings.end_s)], json_) as seen:
        run = run_special(order, lambda progress: seen(0, progress))
    if log is not None:
        log.write_text("".join(json.dumps(row) + "\n" for row in run.log), encoding="utf-8")
    if json_:
        drives = [{**asdict(drive), "free_s": free} for drive, free in zip(run.drives, free_s, strict=True)]
        put_json({"drives": drives, "violations": run.violations, "teleports": run.teleports,
                  "collisions": run.collisions, "lost_veh_h": sum(run.lost_s) / 3600})  # fmt: skip
    else:
        rows = [
            (d.vehicle, number(d.length_m, 0), number(free, 0), number(d.took_s, 0),
             number(None if d.took_s is None else d.took_s / free, 2), str(d.stops))
            for d, free in zip(run.drives, free_s, strict=True)
        ]  # fmt: skip
        put_table(("vehicle", "way [m]", "alone [s]", "took [s]", "times", "stops"), rows)
        typer.echo(f"delay of everybody {sum(run.lost_s) / 3600:.1f} veh h; violations of the kernel {run.violations}")
    return 1 if run.violations else 0


def _place(at: str, heading_deg: float | None) -> dict[str, Any]:
    from signal_ctrl.cli.units_command import place_of_text

    lon, lat = place_of_text(at)
    return {"lon": lon, "lat": lat, "heading_deg": heading_deg}


def _tell(found: dict[str, Any]) -> None:
    corridor = found["corridor"]
    way = "by the likely way ahead" if corridor["predicted"] else f"over {len(corridor['roads'])} roads"
    typer.echo(f"corridor {corridor['corridor']} for {corridor['vehicle']} ({corridor['kind']}) {way}")
    typer.echo(f"  signals: {', '.join(found['signals']) or 'none'}")


def _tell_arrivals(found: dict[str, Any]) -> None:
    for at in found["arrivals"]:
        expected = f"{number(at['expected_s'], 0)} s ({number(at['early_s'], 0)} to {number(at['late_s'], 0)})"
        typer.echo(f"  {at['signal']}: in {expected}")


def _tell_all(found: list[dict[str, Any]]) -> None:
    rows = [
        (
            each["corridor"]["corridor"],
            each["corridor"]["vehicle"],
            each["corridor"]["kind"],
            each["road"] or "–",
            f"{number(each['along_m'], 0)} of {number(each['length_m'], 0)}",
            ", ".join(f"{kept['cabinet']} {kept['stage']}" for kept in each["kept"]) or "–",
            each["corridor"]["why"] or "lasts",
        )
        for each in found
    ]
    put_table(("corridor", "vehicle", "kind", "road", "way [m]", "kept", "state"), rows, numbers_from=7)
