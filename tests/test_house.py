"""House rules that no other tool checks; each one is shown to fail on a sample that breaks it."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("signal_ctrl", "detectors", "optimiser", "sumo_scenarios", "bench")
MAX_LINES = 399
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
REGISTRY = re.compile(
    r"(?:pypi|pythonhosted|npmjs|yarnpkg)\.(?:org|com)\b"
    r"|\b(?:deb|security|snapshot|archive)\.(?:debian\.org|ubuntu\.com)\b"
    r"|(?<!emit-)(?<!\w)(?:index-url|find-links)\b"
    r"|https?://[^\s/]*(?:pypi|npm|devpi|artifactory|nexus|mirror)[^\s/]*/"
    r"|https?://\S+/simple/"
    r"|\bfile://"
    r'|"resolved":',
    re.IGNORECASE,
)
MACHINE_PATH = re.compile(
    r"(?<![\w./}~*-])/(?:(?:work|root|tmp)\b|(?:home|Users|mnt|opt)/\w)|\b[A-Z]:\\Users\\", re.IGNORECASE
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_banned(identifier: str) -> bool:
    """Tell whether a name says yellow, or phase without saying whose."""
    words = [word.lower() for word in WORD.findall(identifier)]
    bare = any(
        word in {"phase", "phases"} and before not in {"nema", "sumo"}
        for before, word in zip(["", *words], words, strict=False)
    )
    return bare or "yellow" in words


def names_bound_by(node: ast.AST) -> Iterator[str | None]:
    """Yield the names that one node defines; the names of foreign libraries are only used, never defined."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name) | ast.alias(asname=name) | ast.ExceptHandler(name=name):
            yield name
        case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.MatchMapping(rest=name):
            yield name


def banned_names(source: str) -> list[str]:
    bound = ((node, name) for node in ast.walk(ast.parse(source)) for name in names_bound_by(node) if name is not None)
    return [f"line {getattr(node, 'lineno', '?')}: {name}" for node, name in bound if is_banned(name)]


def imports_in(source: str) -> list[int]:
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]


def leaks_in(text: str) -> list[str]:
    return [
        f"line {number}: {found.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for found in (REGISTRY.search(line) or MACHINE_PATH.search(line),)
        if found
    ]


def project_files() -> list[Path]:
    """List what is in the repository or about to be: everything that is not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive without git
        hidden = {".venv", ".git", "out", "build", "dist", "node_modules", "__pycache__"}
        return [
            path
            for path in ROOT.rglob("*")
            if path.is_file() and not any(p in hidden or p.endswith(("_cache", "-info")) for p in path.parts)
        ]
    return [path for path in (ROOT / name for name in listed.split("\0") if name) if path.is_file()]


def test_the_packages_are_found() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(PACKAGES)
    assert ROOT / "pyproject.toml" in project_files()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{name_of(path)} has {lines} lines; split it below {MAX_LINES + 1}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_uses_the_house_words(path: Path) -> None:
    assert not is_banned(path.stem), f"{name_of(path)}: say nema_phase, sumo_phase, stage or amber"
    found = banned_names(path.read_text(encoding="utf-8"))
    assert not found, f"{name_of(path)}: say nema_phase, sumo_phase, stage or amber: {found}"


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_init_is_free_of_imports(path: Path) -> None:
    found = imports_in(path.read_text(encoding="utf-8"))
    assert not found, f"{name_of(path)} imports on lines {found}"


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=name_of)
def test_folder_with_modules_is_a_package(folder: Path) -> None:
    assert (folder / "__init__.py").is_file(), f"{name_of(folder)} is invisible to the import rules without one"


def found_in_files(look: Callable[[str], list[str]], asker: str) -> dict[str, list[str]]:
    """Return what a look finds in the text of each file of the project but the one that asks, by its name."""
    texts = {
        path: path.read_text("utf-8", errors="ignore") for path in project_files() if path != Path(asker).resolve()
    }
    return {name_of(path): found for path, text in texts.items() if (found := look(text))}


def test_no_file_names_a_registry_or_a_machine_path() -> None:
    assert not found_in_files(leaks_in, __file__)


@pytest.mark.parametrize(
    "source",
    [
        "phase = 1",
        "def f(phase): ...",
        "def next_phase(): ...",
        "class PhaseKind: ...",
        "self.phase_index = 1",
        "phases: tuple[int, ...]",
        "import stages as phase",
        "for k, phase in pairs: ...",
        "match x:\n    case Stage(phase): ...",
        "YELLOW_DS = 30",
        "yellow_s: float",
        "class A:\n    BEGIN_YELLOW = 8",
    ],
)
def test_banned_names_are_found(source: str) -> None:
    assert banned_names(source)


@pytest.mark.parametrize(
    "source",
    [
        "nema_phase = 2",
        "class SumoPhase: ...",
        "def sumo_phases(): ...",
        "'the phase is yellow'  # yellow phase",
        "stage = backend.getPhase(tls, phase=3)",
        "offset_emphasised = 1",
        "phased = True",
    ],
)
def test_other_names_pass(source: str) -> None:
    assert not banned_names(source)


def test_imports_are_found() -> None:
    assert imports_in('"""Doc."""\nfrom os import path') == [2]
    assert not imports_in('"""Doc: import nothing."""\n')


@pytest.mark.parametrize(
    "text",
    [
        "https://pypi.org/project/x",
        "--index-url https://example.net/x",
        "find-links = wheels",
        "https://nexus.example.net/y",
        "https://example.net/root/simple/",
        "http://deb.debian.org/debian",
        "see /work/notes",
        "HOME=/root",
        "'/tmp/x.csv'",
        '"/home/me/x"',
        "-r file:///x",
    ],
)
def test_leaks_are_found(text: str) -> None:
    assert leaks_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "--no-emit-index-url",
        "#!/usr/bin/env python3",
        "../work/x",
        "https://example.net/home/x",
        "a/tmp",
        "v/h",
    ],
)
def test_harmless_text_passes(text: str) -> None:
    assert not leaks_in(text)
