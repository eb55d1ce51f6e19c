"""What the centre tells in English has words in Chinese: read from the sources of the centre, not from a list."""

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from signal_ctrl.centre.identity import Right, Role
from tests.signal_ctrl.web.page.told_texts import PACKAGE, PLACE, TOLD, functions, is_known, text_of, unknown

UNSAID: Final = frozenset({"verb"})
"""What is filled in and left out in Chinese: there the same word stands for both."""
ACT: Final = frozenset({"record", "act", "kept", "_kept", "_note"})
"""Calls that put something into the audit: action, object, result."""
WHO: Final = re.compile(r"demo|nobody|vehicle:.*")
"""Names of those who act: they stand as they are."""
ALARM: Final = frozenset({"raise_", "raise_all"})


def calls(folders: Sequence[str], wanted: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the texts among the arguments of each call, with where it stands."""
    for folder in folders:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            for function, names in functions(path):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in wanted:
                        where = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                        yield where, [text_of(each, names) for each in node.args]


def test_places_are_the_same_in_both_languages() -> None:
    for en, zh in TOLD:
        assert set(PLACE.findall(en)) - UNSAID == set(PLACE.findall(zh)), en
        assert not PLACE.search(en) or re.sub(PLACE, "", en).strip(), "it says nothing of its own"


def test_no_text_is_there_twice() -> None:
    bare = [PLACE.sub("{}", en) for en, _ in TOLD]
    assert sorted({text for text in bare if bare.count(text) > 1}) == []


def test_what_is_done_and_to_what_is_known() -> None:
    said = calls(["centre", "watch", "stores"], ACT)
    found = [(where, text) for where, texts in said for text in texts if not WHO.fullmatch(text)]
    assert len(found) > 200
    assert unknown(iter(found)) == []


def test_alarms_are_known() -> None:
    found = [(where, text) for where, texts in calls(["centre", "watch"], ALARM) for text in texts[4:]]
    assert any("suspected on road" in text for _, text in found)
    assert unknown(iter(found)) == []


def test_rights_and_roles_are_known() -> None:
    """Refusals name them; a cabinet and a feed are no people who would read one."""
    people = [role.value for role in Role if role not in (Role.CABINET, Role.FEED)]
    assert [value for value in (*people, *(right.value for right in Right)) if not is_known(value)] == []


def reasons_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each text that follows the name of a rule of the gate."""
    for function, names in functions(path):
        for node in ast.walk(function):
            parts = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
            for rule, text in pairwise(parts):
                if re.match(r"K\d/", text_of(rule, {})) and text_of(text, names):
                    yield f"{path.name}:{node.lineno}", text_of(text, names)


@pytest.mark.parametrize("name", ["engine/plan_review.py", "engine/plan_change.py", "domain/plan.py"])
def test_reasons_of_the_gate_are_known(name: str) -> None:
    found = list(reasons_of(PACKAGE / name))
    assert found
    assert unknown(iter(found)) == []
