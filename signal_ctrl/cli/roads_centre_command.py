"""`signal-ctrl roads import`, `show`, `congestion`: the road network of the centre, and how its links are now."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import number, put_json, put_table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def import_(
    file: Annotated[Path, typer.Argument(help="Document of the road network, roads.json (docs/file-formats.md).")],
    json_: Json = False,
) -> None:
    """Import a road network: it is in force at once, and what was published of another one is no longer shown."""
    import json

    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.domain.roads_json import roads_document, roads_from_json
    from signal_ctrl.gateways.whole_file import read_whole
    from signal_ctrl.web.body_limit import ROADS_MAX_BYTES, ROADS_PATH

    network = roads_from_json(read_whole(file, "road network", ROADS_MAX_BYTES))
    with connected() as client:
        found = client.post(ROADS_PATH, json.loads(json.dumps(roads_document(network))))
    if json_:
        put_json(found)
    else:
        parts = ", ".join(f"{found[each]} {each}" for each in ("roads", "turns", "loops", "readers"))
        typer.echo(f"in force: {parts}; hash {found['sha256'][:12]}…")


def show(json_: Json = False) -> None:
    """Show the road network in force, by class of road; with --json its document."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.get("/v1/roads")
    if json_:
        put_json(found)
        return
    sensed = {each["road"] for each in found["loops"]}
    roads, length_m, counted = Counter[str](), Counter[str](), Counter[str]()
    for road in found["roads"]:
        roads[road["class"]] += 1
        length_m[road["class"]] += road["length_m"]
        counted[road["class"]] += road["road"] in sensed
    rows = [
        (kind, number(roads[kind], 0), number(length_m[kind] / 1000, 1), number(counted[kind], 0))
        for kind in sorted(roads)
    ]
    rows.append(("all", number(roads.total(), 0), number(length_m.total() / 1000, 1), number(counted.total(), 0)))
    put_table(("class", "roads", "km", "with loops"), rows)


def congestion(json_: Json = False) -> None:
    """Show how congested the city is now: whole, trunk roads against 40 km/h, by district, and the jammed roads."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = client.get("/v1/congestion")
    if json_:
        put_json(found)
        return
    typer.echo(f"minute of {utc_text(found['minute_utc_ms'])} UTC")
    sums = {"all": found["whole"], "trunk roads": found["trunk"], **found["districts"]}
    rows = [
        (name, number(s["roads"], 0), number(s["jammed"], 0), number(s["jammed_m"] / 1000, 2), number(s["speed_kmh"]))
        for name, s in sums.items()
    ]
    put_table(("where", "roads", "jammed", "jammed km", "km/h"), rows)
    if found["jammed"]:
        typer.echo("")
        jammed = [
            (each["link"], each["name"] or "–", each["level"], number(each["speed_mps"]), number(each["queue_m"], 0))
            for each in found["jammed"][:20]
        ]
        put_table(("link", "name", "level", "m/s", "queue m"), jammed, numbers_from=3)
