"""`signal-ctrl cabinet`: enrol a cabinet, run its agent, look at it, try its faults."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from signal_ctrl.domain.link.credential import Credential

app = typer.Typer(name="cabinet", help="Cabinets: enrol one, run its agent, look at it, try its faults.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CentreData = Annotated[
    Path | None, typer.Option("--data", help="Data folder of a centre that does not run.", show_default=False)
]
Centre = Annotated[str, typer.Option(help="Address of a centre that runs, at which an administrator is logged in.")]
Database = Annotated[str, typer.Option("--database", help="postgresql://USER@HOST/NAME where it is not SQLite.")]
Folder = Annotated[Path, typer.Option("--data", help="The folder of the cabinet.")]
Out = Annotated[Path, typer.Option("--out", help="File for the credential; it is made readable by its owner alone.")]


@app.command()
def enrol(
    cabinet: Annotated[str, typer.Argument(metavar="ID", help="Name of the cabinet: letters, digits, '.', '_', '-'.")],
    site: Annotated[Path, typer.Option(help="Its site document ('signal-ctrl scenarios import' writes them).")],
    out: Out,
    data: CentreData = None,
    *,
    centre: Centre = "",
    district: Annotated[str, typer.Option(help="District that it stands in.")] = "district",
    corridor: Annotated[str, typer.Option(help="Corridor that it belongs to, if any.")] = "",
    place: Annotated[str, typer.Option(help="Where it stands, in words.")] = "",
    database: Database = "",
    json_: Json = False,
) -> None:
    """Take a cabinet into a centre and write its credential: its key and the centre's public key."""
    from signal_ctrl.centre.cabinets import Place
    from signal_ctrl.cli.cabinet_places import credentials_at
    from sumo_scenarios.site_files import text_of

    document = text_of(site, "site")
    _check_free(out)
    with credentials_at(centre, data, database) as credentials:
        _write(out, credentials.enrol(cabinet, document, Place(district, corridor, place)))
    _tell({"cabinet": cabinet, "credential": str(out), "district": district, "corridor": corridor}, json_)


@app.command()
def rotate(
    cabinet: Annotated[str, typer.Argument(metavar="ID", help="Name of the cabinet.")],
    out: Out,
    data: CentreData = None,
    *,
    centre: Centre = "",
    overlap_s: Annotated[int, typer.Option(help="For so long the old key counts too [s].")] = 86_400,
    database: Database = "",
    json_: Json = False,
) -> None:
    """Give a cabinet a new key and write its new credential; both keys count for a while."""
    from signal_ctrl.cli.cabinet_places import credentials_at

    _check_free(out)
    with credentials_at(centre, data, database) as credentials:
        _write(out, credentials.rotate(cabinet, overlap_s))
    _tell({"cabinet": cabinet, "credential": str(out), "old_key_ends_in_s": overlap_s}, json_)


@app.command()
def revoke(
    cabinet: Annotated[str, typer.Argument(metavar="ID", help="Name of the cabinet.")],
    data: CentreData = None,
    *,
    centre: Centre = "",
    database: Database = "",
    json_: Json = False,
) -> None:
    """Take every key of a cabinet back; a centre on PostgreSQL that runs meanwhile refuses it within a minute."""
    from signal_ctrl.cli.cabinet_places import credentials_at

    with credentials_at(centre, data, database) as credentials:
        credentials.revoke(cabinet)
    _tell({"cabinet": cabinet, "revoked": True}, json_)


@app.command()
def run(
    centre: Annotated[str, typer.Option(help="Address of the centre, https://HOST:PORT (http on this machine).")],
    site: Annotated[Path, typer.Option(help="The site document of this cabinet.")],
    credential: Annotated[Path, typer.Option(help="Its credential, made by 'cabinet enrol'.")],
    data: Folder,
    *,
    plan: Annotated[Path | None, typer.Option(help="Its local plan; default: an even one made from the site.")] = None,
    schedule: Annotated[Path | None, typer.Option(help="Schedule folder with its plans by time of day.")] = None,
    authority: Annotated[
        Path | None, typer.Option(help="Certificate that signs the centre's, if not a known one.")
    ] = None,
    poll_ms: Annotated[int, typer.Option(help="Poll every so many ms, 1000 to 5000.")] = 1000,
    lost_after_s: Annotated[int, typer.Option(help="The centre is lost after so many s, 10 to 65535.")] = 60,
    layout: Annotated[
        Path | None, typer.Option(help="Its layout ('scenarios import' writes them): it has loops, and an adviser.")
    ] = None,
    loops: Annotated[
        Path | None, typer.Option(help="File to which the edges of its loops are appended, of its buttons too.")
    ] = None,
    crossings: Annotated[
        str,
        typer.Option(help="How people are heard of: recall (not at all), buttons, sensors; see 'cabinet channels'."),
    ] = "recall",
    buttons: Annotated[
        Path | None, typer.Option(help="File of the edges of buttons or sensors, where they have one of their own.")
    ] = None,
    countdowns: Annotated[
        Path | None, typer.Option(help="Append what countdowns at crossings show to this file.")
    ] = None,
    lamps: Annotated[Path | None, typer.Option(help="Append each change of the lamps to this file.")] = None,
    for_s: Annotated[float, typer.Option(help="End after so many s; 0: run until asked to stop.")] = 0.0,
    json_: Json = False,
) -> None:
    """Run the agent of a cabinet: its kernel, its plans, its link to the centre, on simulated lamps.

    It ends tidily with Ctrl-C or SIGTERM. Prints a line when its state changes, with --json one document a line.
    """
    from signal_ctrl.cabinet.board import SimulatedBoard
    from signal_ctrl.cabinet.link_client import LinkSettings
    from signal_ctrl.cli.cabinet_run import Files, crossing_sense, run_cabinet

    settings = LinkSettings(poll_ms, lost_after_s)
    sense = crossing_sense(crossings)
    files = Files(site, credential, data, plan, schedule, authority, lamps, layout, loops, buttons, sense, countdowns)
    run_cabinet(centre, files, settings, SimulatedBoard(), for_s, json_)


@app.command()
def channels(
    site: Annotated[Path, typer.Option(help="The site document of the cabinet.")],
    layout: Annotated[Path, typer.Option(help="Its layout.")],
    json_: Json = False,
) -> None:
    """Show which channel of the input files is which loop, and which the button or sensor of which crossing."""
    from signal_ctrl.cli.cabinet_run import channels_of

    rows = channels_of(site, layout)
    if json_:
        put_json([dict(zip(("channel", "what", "place", "to_stop_m"), row, strict=True)) for row in rows])
    else:
        put_table(("channel", "what", "at", "to the stop line [m]"), [tuple(map(str, row)) for row in rows], 99)


@app.command()
def status(data: Folder, json_: Json = False) -> None:
    """Show how the cabinet in a folder is, as its agent wrote it last, and say when that is long ago."""
    import time

    from signal_ctrl.cli.cabinet_status import OLD_S, read_status, status_rows

    document = read_status(data)
    now_ms = time.time_ns() // 1_000_000
    if json_:
        put_json(document)
    else:
        put_table(("what", "value"), status_rows(document, now_ms), numbers_from=2)
    age_s = (now_ms - document["at_utc_ms"]) / 1000
    if age_s > OLD_S:
        say(f"its agent has written nothing for {age_s:,.0f} s: it does not run; this is how the cabinet was then")


@app.command()
def reset(data: Folder, json_: Json = False) -> None:
    """Ask the agent to clear a latched fault, as somebody at the cabinet does; it refuses while the cause is there."""
    from signal_ctrl.gateways.cabinet_host import RESET
    from signal_ctrl.gateways.whole_file import write_whole

    _check_cabinet(data)
    write_whole(data / RESET, "")
    _tell({"reset": "asked; see 'cabinet status'"}, json_)


@app.command()
def lamp(
    data: Folder,
    lamps: Annotated[
        list[str] | None, typer.Argument(metavar="GROUP=LAMPS", help="As main=red+green or walk=off; none: all work.")
    ] = None,
    json_: Json = False,
) -> None:
    """Make lamps of a running cabinet fail, to try its conflict monitor: they show this whatever they are told."""
    from signal_ctrl.cli.cabinet_status import check_groups
    from signal_ctrl.gateways.cabinet_host import FORCED, forced_document
    from signal_ctrl.gateways.whole_file import write_whole

    _check_cabinet(data)
    forced = dict(map(_lamp, lamps or ()))
    check_groups(data, forced)
    write_whole(data / FORCED, forced_document(forced.items()))
    _tell({"failing": (list(forced) if json_ else ", ".join(forced)) or "none"}, json_)


def _lamp(text: str) -> tuple[str, int]:
    bits = {"red": 1, "amber": 2, "green": 4, "off": 0}
    group, _, lit = text.partition("=")
    words = lit.split("+")
    if not group or any(word not in bits for word in words):
        raise InvalidInputError(f"'{text}' is no lamp; write GROUP=red, amber, green, off, or several joined by '+'")
    return group, sum({bits[word] for word in words})


def _check_cabinet(folder: Path) -> None:
    if not (folder / "boot").exists():
        raise InvalidInputError(f"{folder} is no folder of a cabinet; 'cabinet run --data' makes one")


def _check_free(path: Path) -> None:
    from signal_ctrl.gateways.whole_file import check_free

    check_free(path, overwrite=False)


def _write(path: Path, credential: "Credential") -> None:
    from signal_ctrl.domain.link.credential import credential_to_json

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(credential_to_json(credential) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InvalidInputError(f"cannot write the credential {path}: {error.strerror}; use 'rotate'") from error


def _tell(document: dict[str, Any], json_: bool) -> None:
    if json_:
        put_json(document)
    else:
        typer.echo(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in document.items() if value != ""))
