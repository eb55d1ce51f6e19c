"""Every command that README and the guides show is one that the command line takes: its words, options and arguments."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from signal_ctrl.cli.main import app

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
ACCESS: Final = ("$A", "--service http://127.0.0.1:8090 --credential first-office.json")
"""What guides of the parking service write for these options once they have shown them."""
SHORTENED: Final = ("…", "...")


def shown(page: Path) -> Iterator[str]:
    """Yield the commands of the fenced blocks of a page, each without what a shell adds to it.

    They stand behind a prompt or without one; there, lines with bars or brackets are overviews.
    """
    for block in re.findall(r"^```\w*\n(.*?)^```$", page.read_text(encoding="utf-8"), re.S | re.M):
        for line in re.findall(r"^(?:\$ .*|signal-ctrl [a-z][^|[\n]*)$", block.replace("\\\n", " "), re.M):
            for part in re.split(r";|&&|\|", line.removeprefix("$ ")):
                command = re.sub(r"\s\d?[<>].*$", "", re.split(r"\s#", part)[0]).strip().rstrip("& ")
                if command.startswith("signal-ctrl ") and not any(sign in command for sign in SHORTENED):
                    yield command.replace(*ACCESS)


def complaint(command: str) -> str:
    """Return what the command line has against a command, nothing if it takes it; nothing is carried out."""
    words, place = shlex.split(command)[1:], typer.main.get_command(app)
    try:
        context: Any = place.make_context("signal-ctrl", words)
        while hasattr(place, "commands") and (rest := [*context._protected_args, *context.args]):
            name, place, rest = place.resolve_command(context, rest)
            context = place.make_context(name, rest, parent=context)
    except typer.Exit:
        return ""
    except typer.TyperException as error:
        return f"{command}: {error.format_message()}"
    return ""


def test_what_the_command_line_does_not_take_is_found() -> None:
    assert complaint("signal-ctrl run cologne8 --out x") == ""
    assert "nosuch" in complaint("signal-ctrl plan nosuch")
    assert "--nosuch" in complaint("signal-ctrl run cologne8 --out x --nosuch 1")
    assert "--out" in complaint("signal-ctrl run cologne8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_shown_is_taken(page: Path) -> None:
    assert [text for text in map(complaint, shown(page)) if text] == []


def leaves(command: Any, path: str = "signal-ctrl") -> Iterator[tuple[str, Any]]:
    """Yield every command with its words."""
    if hasattr(command, "commands"):
        for name, under in command.commands.items():
            yield from leaves(under, f"{path} {name}")
    else:
        yield path, command


def test_every_command_says_what_it_does_and_takes_json() -> None:
    found = dict(leaves(typer.main.get_command(app)))
    assert len(found) > 150
    assert [path for path, command in found.items() if not command.help] == []
    assert [p for p, c in found.items() if not any("--json" in each.opts for each in c.params)] == []


def test_there_are_commands_to_look_at() -> None:
    assert sum(1 for page in PAGES for _ in shown(page)) > 200
