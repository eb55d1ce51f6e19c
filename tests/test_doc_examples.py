"""The examples of docs/plans-*.md, literally: in a folder with docs/examples, what is shown is what is printed."""

import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from signal_ctrl.cli.main import call

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(page.name for page in DOCS.glob("plans-*.md"))
QUICK = (
    "plan show", "plan export", "plan import", "plan sheet", "plan check", "plan cycle-split", "plan green-wave ring",
    "plan green-wave wide", "scenarios count", "scenarios import", "scenarios show",
)  # fmt: skip
MADE_BY_OTHERS = re.compile(r"(-o|--out|--csv|--diagram|--picture)[ =](\S+)")
LEFT_OUT = re.compile(r"^(…|\.\.\.)")


class Example(NamedTuple):
    """A command of a page and the lines that are shown below it."""

    words: tuple[str, ...]
    shown: tuple[str, ...]


def examples(page: str) -> list[Example]:
    """Return the commands of the fenced blocks of a page."""
    found: list[Example] = []
    for block in re.findall(r"^```\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.S | re.M):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            found.append(Example(tuple(shlex.split(command, comments=True)), tuple(line for line in shown if line)))
    return found


def is_quick(example: Example) -> bool:
    return " ".join(example.words).startswith(tuple(f"signal-ctrl {quick}" for quick in QUICK))


def expected_code(shown: tuple[str, ...]) -> int:
    if any(": refused, " in line for line in shown):
        return 1
    return 2 if len(shown) == 1 and shown[0].startswith("signal-ctrl: ") else 0


@pytest.mark.parametrize("page", PAGES)
def test_every_command_names_files_that_are_there_or_made_before(page: str) -> None:
    there = {path.name for path in (DOCS / "examples").iterdir()}
    for example in examples(page):
        text = " ".join(example.words)
        for word in MADE_BY_OTHERS.sub("", text).split()[1:]:
            if re.fullmatch(r"[\w./-]+\.(json|toml|csv|sumocfg|py|xml)", word):
                made = word.split("/")[0] in there or Path(word).name in there
                assert made, f"{page}: {text}: where does {word} come from?"
        there |= {found[1].split("/")[0] for found in MADE_BY_OTHERS.findall(text)}
        there |= {Path(found[1]).name for found in MADE_BY_OTHERS.findall(text)}
        if "make_days.py" in text:
            there |= {"counts.csv", "later.csv"}


@pytest.mark.sumo
@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if any(map(is_quick, examples(page)))])
def test_quick_examples_print_what_is_shown(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "examples"
    shutil.copytree(DOCS / "examples", folder)
    monkeypatch.chdir(folder)
    for example in filter(is_quick, examples(page)):
        code = call(example.words[1:])
        said = "".join(capsys.readouterr())
        text = " ".join(example.words)
        assert code == expected_code(example.shown), f"{page}: {text}\n{said}"
        for line in example.shown:
            if LEFT_OUT.match(line) is None:
                assert line in said.splitlines(), f"{page}: {text}\nshows  {line}\nprints {said}"
