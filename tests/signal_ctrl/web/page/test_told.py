"""What the centre tells in English has words in Chinese: read from the sources of the centre, not from a list."""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

import signal_ctrl
from signal_ctrl.centre.identity import Right, Role
from signal_ctrl.web import page_routes

PACKAGE: Final = Path(signal_ctrl.__file__).parent
TOLD: Final[list[tuple[str, str]]] = [
    (en, zh)
    for en, zh in json.loads((Path(page_routes.__file__).with_name("page") / "src/told.json").read_text("utf-8"))
]
PLACE: Final = re.compile(r"\{(\w+)\}")
UNSAID: Final = frozenset({"verb"})
"""What is filled in and left out in Chinese: there the same word stands for both."""
ACT: Final = frozenset({"record", "act", "kept", "_kept", "_note"})
"""Calls that put something into the audit: action, object, result."""
WHO: Final = re.compile(r"demo|nobody|vehicle:.*")
"""Names of those who act: they stand as they are."""
ALARM: Final = frozenset({"raise_", "raise_all"})
FILLED: Final = "7x"


def patterns() -> list[re.Pattern[str]]:
    """Return the texts of the catalogue as the page matches them."""
    return [
        re.compile("".join("(.+?)" if k % 2 else re.escape(part) for k, part in enumerate(PLACE.split(en))), re.DOTALL)
        for en, _ in TOLD
    ]


KNOWN: Final = patterns()
GENERAL: Final = frozenset(
    {"{state}: {whys}", "{mode} ({why})", "{kind} of cabinet {id}: {what}", "{kind} {device} of cabinet {id}: {what}"}
)
"""Texts that match nearly everything: they count as known only where nothing else is asked for."""
SURE: Final = [pattern for pattern, (en, _) in zip(KNOWN, TOLD, strict=True) if en not in GENERAL]


def is_known(text: str) -> bool:
    return any(pattern.fullmatch(text.removeprefix(f"{FILLED}: ")) for pattern in SURE)


Names = Mapping[str, Sequence[tuple[int, ast.expr]]]
"""What names stand for, where that is a text: the lines at which they come to, and the text."""


def assigned(tree: ast.AST) -> dict[str, list[tuple[int, ast.expr]]]:
    found: dict[str, list[tuple[int, ast.expr]]] = {}
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.JoinedStr | ast.Constant):
            found.setdefault(target.id, []).append((value.lineno, value))
    return found


def text_of(node: ast.expr, names: Names) -> str:
    """Return a text of the sources with something filled in; nothing where it is none, or made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name, lineno=line):
            before = [value for at, value in names.get(name, ()) if at < line]
            return text_of(before[-1], names) if before else ""
        case ast.Subscript(value=value):
            return text_of(value, names)
        case ast.JoinedStr(values=parts):
            return "".join(part_of(each, names) for each in parts)
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return text_of(value, names).replace("{}", FILLED)
    return ""


def part_of(node: ast.expr, names: Names) -> str:
    if isinstance(node, ast.FormattedValue):
        return text_of(node.value, names) or FILLED
    return text_of(node, names)


def functions(path: Path) -> Iterator[tuple[ast.AST, Names]]:
    """Yield the functions of a module, each with what its names stand for."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    of_module = {}
    for each in tree.body:
        of_module.update(assigned(each) if isinstance(each, ast.Assign | ast.AnnAssign) else {})
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node, of_module | assigned(node)


def calls(folders: Sequence[str], wanted: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the texts among the arguments of each call, with where it stands."""
    for folder in folders:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            for function, names in functions(path):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in wanted:
                        where = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                        yield where, [text_of(each, names) for each in node.args]


def unknown(texts: Iterator[tuple[str, str]]) -> list[str]:
    """Return what the catalogue lacks; what is all filled in, such as a name or a hash, needs no words."""
    return [
        f"{where}: {text}"
        for where, text in texts
        if re.search("[a-z]", text.replace(FILLED, "")) and not is_known(text)
    ]


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
