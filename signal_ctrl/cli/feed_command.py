"""`signal-ctrl feed`: sources of observations enrolled and revoked, looked at, and sent from the street's side."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.output import number, put_json, put_table

app = typer.Typer(name="feed", help="Feeds: sources of counts, positions, reads and weather; enrol, look, send.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Name = Annotated[str, typer.Argument(metavar="ID", help="Name of the feed: letters, digits, '.', '_', '-'.")]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Data folder of a centre that does not run; without it, by the login of this terminal."
    ),
]
Database = Annotated[str, typer.Option("--database", help="postgresql://USER@HOST/NAME where it is not SQLite.")]


@app.command()
def enrol(
    feed: Name,
    kind: Annotated[
        str, typer.Option(help="What it sends: counts, positions, reads or weather; or signs, which it sets.")
    ],
    out: Annotated[Path, typer.Option("--out", help="File for the credential, readable by its owner alone.")],
    *,
    owner: Annotated[str, typer.Option(help="Whose it is, in words.")] = "",
    only: Annotated[
        list[str] | None,
        typer.Option(help="Beginning of the names of detectors, readers or signs that are its own. May be repeated."),
    ] = None,
    data: Data = None,
    database: Database = "",
    json_: Json = False,
) -> None:
    """Take a feed in and write its credential. Needs the right to manage devices."""
    from signal_ctrl.domain.link.credential import credential_from_json, credential_to_json
    from signal_ctrl.gateways.whole_file import check_free
    from signal_ctrl.web.feeds_routes import kind_of

    check_free(out, overwrite=False)
    if data is None:
        from signal_ctrl.cli.centre_session import connected

        body = {"feed": feed, "kind": kind, "owner": owner, "only": list(only or ())}
        with connected() as client:
            text = str(client.post("/v1/feeds", body)["credential"])
        credential = credential_from_json(text)
    else:
        from signal_ctrl.cli.centre_parts import opened_centre

        with opened_centre(data, database) as parts:
            credential = parts.watch.feeds.enrol(_who(), feed, kind_of(kind), owner, only or ())
    from signal_ctrl.stores.key_files import write_secret

    write_secret(out, f"{credential_to_json(credential)}\n".encode())
    document = {"feed": feed, "kind": kind, "credential": str(out)}
    put_json(document) if json_ else typer.echo(f"feed {feed} ({kind}), credential: {out}")


@app.command("list")
def list_(json_: Json = False) -> None:
    """List feeds, with what they sent since the start of the centre."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = client.get("/v1/feeds")
    if json_:
        put_json(found)
        return
    rows = [
        (
            each["feed"],
            each["kind"],
            "revoked"
            if each["revoked_utc_ms"]
            else "–"
            if each["last_utc_ms"] is None
            else utc_text(each["last_utc_ms"]),
            number(each["batches"], 0),
            number(each["taken"], 0),
            number(sum(each["left_out"].values()), 0),
            "–" if each["left_out_share"] is None else f"{each['left_out_share']:.1%}",
        )
        for each in found["feeds"]
    ]
    put_table(("feed", "kind", "heard (UTC)", "batches", "taken", "left out", "of 10 min"), rows, numbers_from=3)


@app.command()
def revoke(feed: Name, data: Data = None, database: Database = "", json_: Json = False) -> None:
    """Take the key of a feed back; it is refused at once, on other machines of the centre within a minute."""
    if data is None:
        from signal_ctrl.cli.centre_session import connected

        with connected() as client:
            client.delete(f"/v1/feeds/{feed}")
    else:
        from signal_ctrl.cli.centre_parts import opened_centre

        with opened_centre(data, database) as parts:
            parts.watch.feeds.load()
            parts.watch.feeds.revoke(_who(), feed)
    put_json({"feed": feed, "revoked": True}) if json_ else typer.echo(f"feed {feed} is revoked")


@app.command()
def send(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or JSON lines; '-' is standard input, as it comes.")],
    centre: Annotated[str, typer.Option(help="Address of the centre, https://HOST:PORT (http on this machine).")],
    credential: Annotated[Path, typer.Option(help="Credential of the feed, made by 'feed enrol'.")],
    *,
    authority: Annotated[
        Path | None, typer.Option(help="Certificate that signs the centre's, if not a known one.")
    ] = None,
    together: Annotated[int, typer.Option(min=1, max=5000, help="Observations in a batch.")] = 1000,
    every_s: Annotated[float, typer.Option(min=0.1, help="From '-': send what is there so often [s].")] = 5.0,
    give_up_s: Annotated[float, typer.Option(min=0, help="End after so long without an answer [s].")] = 600.0,
    json_: Json = False,
) -> int:
    """Send observations from the street's side: batches that are sent again until the centre has receipted them.

    Exit code 0: all were receipted; 1: some were left out or given up; 3: the centre did not answer.
    """
    from signal_ctrl.cli.feed_sending import Sending, send_all

    sent = send_all(Sending(file, centre, credential, authority, together, every_s, give_up_s))
    document: dict[str, Any] = {
        "batches": sent.batches,
        "tries": sent.tries,
        "taken": sent.taken,
        "left_out": dict(sent.left_out),
        "given_up": sent.given_up,
    }
    if json_:
        put_json(document)
    else:
        why = ", ".join(f"{reason} {n}" for reason, n in sorted(sent.left_out.items()))
        left = f"; left out: {why}" if why else ""
        typer.echo(f"{sent.taken} taken in {sent.batches} batches ({sent.tries} tries){left}; {sent.given_up} given up")
    return 1 if sent.left_out or sent.given_up else 0


def _who() -> str:
    return os.environ.get("USER", "root")
