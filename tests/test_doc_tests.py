"""Every test that the guides name by file and function is there: a rule has no test that was renamed or taken out."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent
PAGES: Final = sorted((TESTS.parent / "docs").glob("*.md"))
NAMED: Final = re.compile(r"`(?:tests/)?([\w/]+\.py)::(\w+(?:::\w+)?)`")


@cache
def named_in(file: str) -> frozenset[str]:
    """Return the names of the tests of a file, those of classes behind the class."""
    path = TESTS / file
    return frozenset(_names(ast.parse(path.read_text(encoding="utf-8")))) if path.is_file() else frozenset()


def _names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef))
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def unknown(text: str) -> list[str]:
    """Return the tests that a text names and that are not there."""
    return [f"{file}::{name}" for file, name in NAMED.findall(text) if name not in named_in(file)]


def test_what_is_not_there_is_found() -> None:
    assert unknown("`test_doc_tests.py::test_what_is_not_there_is_found`") == []
    assert unknown("`tests/test_doc_tests.py::test_nothing`, `none.py::test_x`") == [
        "test_doc_tests.py::test_nothing",
        "none.py::test_x",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_is_named_is_there(page: Path) -> None:
    assert unknown(page.read_text(encoding="utf-8")) == []


def test_the_rows_of_the_safety_rules_have_a_test_each() -> None:
    rows = re.findall(
        r"^\| (?!---|row|rule)(.*?) \| (.*) \|$", (TESTS.parent / "docs/safety-tests.md").read_text(), re.M
    )
    assert len(rows) > 70
    assert [row for row, tests in rows if not NAMED.search(tests)] == []
