"""What the centre tells in English words: its texts as they stand in its sources, and the catalogue of the page."""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import signal_ctrl
from signal_ctrl.web import page_routes

PACKAGE: Final = Path(signal_ctrl.__file__).parent
SOURCES: Final = Path(page_routes.__file__).with_name("page") / "src"
TOLD: Final[list[tuple[str, str]]] = [(en, zh) for en, zh in json.loads((SOURCES / "told.json").read_text("utf-8"))]
PLACE: Final = re.compile(r"\{(\w+)\}")
FILLED: Final = "7x"


def pattern_of(en: str) -> re.Pattern[str]:
    """Return a text of the catalogue as the page matches it; an id has no spaces."""
    parts = PLACE.split(en)
    fills = [r"(\S+?)" if name == "id" else "(.+?)" for name in parts[1::2]]
    words = [re.escape(each) for each in parts[::2]]
    return re.compile("".join(word + fill for word, fill in zip(words, [*fills, ""], strict=True)), re.DOTALL)


GENERAL: Final = frozenset(
    {"{state}: {whys}", "{mode} ({why})", "{kind} of cabinet {id}: {what}", "{kind} {device} of cabinet {id}: {what}"}
)
"""Texts that match nearly everything: they count as known only where nothing else is asked for."""
SURE: Final = [(pattern_of(en), PLACE.findall(en)) for en, _ in TOLD if en not in GENERAL]
TEXTS_WITHIN: Final = frozenset({"what", "why"})
"""What is filled in here has to be known itself."""


def is_known(text: str) -> bool:
    """Tell whether the catalogue has a text, and the texts within it."""
    forms = {text, text.removeprefix(f"{FILLED}: ")}
    return any(
        (found := pattern.fullmatch(form)) is not None
        and all(has_no_words(each) or is_known(each) for each in _within(names, found.groups()))
        for pattern, names in SURE
        for form in forms
    )


def _within(names: Sequence[str], values: Sequence[str]) -> list[str]:
    return [value for name, value in zip(names, values, strict=True) if name in TEXTS_WITHIN]


def has_no_words(text: str) -> bool:
    """Tell whether a text is all filled in, such as a name or a hash."""
    return not re.search("[a-z]", text.replace(FILLED, ""))


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
        case ast.Subscript(value=part) | ast.IfExp(body=part):
            return text_of(part, names)
        case ast.Call(func=ast.Attribute(value=part, attr="format")):
            return text_of(part, names).replace("{}", FILLED)
    return "".join(part_of(each, names) for each in pieces_of(node))


def pieces_of(node: ast.expr) -> Sequence[ast.expr]:
    """Return what a text is put together of."""
    match node:
        case ast.JoinedStr(values=parts):
            return parts
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return left, right
    return ()


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
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, of_module | assigned(node)


def unknown(texts: Iterator[tuple[str, str]]) -> list[str]:
    """Return what the catalogue lacks; what is all filled in, such as a name or a hash, needs no words."""
    return [f"{where}: {text}" for where, text in texts if not has_no_words(text) and not is_known(text)]
