"""`signal-ctrl signs import / show / follow`: signs over roads, by the centre's routes, and at the signs themselves."""

import json
from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

app = typer.Typer(
    name="signs", help="Signs over roads: import them, show what each shows now, follow that at the signs."
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command("import")
def import_(
    document: Annotated[Path, typer.Argument(help="Guidance document: signs, and movements of signals.")],
    json_: Json = False,
) -> None:
    """Take in signs, and at which signal group each turn is made; the roads have to be there."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.watch.diversion.guidance import guidance_from_json, guidance_to_json

    try:
        text = document.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"cannot read {document}: {error}") from error
    checked = json.loads(guidance_to_json(guidance_from_json(text)))
    with connected() as client:
        taken = client.post("/v1/signs", {"document": checked})
    if json_:
        put_json(taken)
    else:
        typer.echo(f"{taken['signs']} signs and the movements of {taken['signals']} signals are in force")


@app.command()
def show(
    sign: Annotated[str, typer.Argument(help="Name of a sign; all without it.")] = "",
    json_: Json = False,
) -> None:
    """Show what signs show now: the text that goes first, and until when it holds."""
    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.cli.times import utc_text

    with connected() as client:
        found = [client.get(f"/v1/signs/{sign}")] if sign else client.get("/v1/signs")
    if json_:
        put_json(found)
        return
    rows = [
        (s["sign_id"], s["road"], s["kind"] or "blank", s["zh"], s["en"], utc_text(s["valid_until_utc_ms"]))
        for s in found
    ]
    put_table(("sign", "road", "kind", "中文", "English", "holds until (UTC)"), rows, 99)


@app.command()
def follow(
    centre: Annotated[str, typer.Option(help="Address of the centre, https://HOST:PORT (http on this machine).")],
    credential: Annotated[Path, typer.Option(help="Credential of a feed of kind signs, made by 'feed enrol'.")],
    out: Annotated[Path, typer.Option("--out", help="File that always holds what the signs show now.")],
    *,
    authority: Annotated[
        Path | None, typer.Option(help="Certificate that signs the centre's, if not a known one.")
    ] = None,
    every_s: Annotated[float, typer.Option(min=1.0, max=60.0, help="Ask so often [s].")] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="Ask once and end; 3: the centre does not answer.")] = False,
    watchdog: Annotated[
        bool, typer.Option("--watchdog/--no-watchdog", help="A process beside this one blanks FILE if this is killed.")
    ] = True,
    json_: Json = False,
) -> None:
    """Follow at the signs what they show: FILE is written whole whenever that changes. A text that the centre does not
    confirm in time is taken off, so that a sign that has lost the centre goes blank. What reads FILE has to take a text
    off `valid_ms` after `at_utc_ms` by itself: then nothing stands even if every process here was killed.
    """
    from signal_ctrl.cli.sign_following import Following, follow_signs

    for face in follow_signs(Following(centre, credential, out, authority, every_s, once, watchdog)):
        text = "blank" if face.is_blank else f"{face.zh} / {face.en}"
        put_json({"sign_id": face.sign_id, "zh": face.zh, "en": face.en}) if json_ else typer.echo(
            f"{face.sign_id}: {text}"
        )
