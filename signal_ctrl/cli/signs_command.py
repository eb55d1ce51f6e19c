"""`signal-ctrl signs import / show`: signs over roads, by the centre's routes."""

import json
from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

app = typer.Typer(name="signs", help="Signs over roads: import them, show what each shows now.")

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
