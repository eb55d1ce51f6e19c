"""Nothing of what serves can ask another address: what a request names is never fetched (SAFETY part E, SSRF)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import signal_ctrl

ROOT = Path(signal_ctrl.__path__[0])
SERVING = ("web", "centre", "watch", "stores", "parking")
CLIENTS = {
    "httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib", "smtplib", "telnetlib",
    "xmlrpc.client", "websockets", "paramiko", "socket", "asyncio.streams",
}  # fmt: skip
LISTENS = {("web/server.py", "socket")}
"""The one that opens the port."""


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def clients(source: str) -> set[str]:
    return {name for name in imported(source) if name in CLIENTS or name.split(".")[0] in CLIENTS}


def test_a_client_is_found_however_it_is_imported() -> None:
    assert clients("import httpx") == {"httpx"}
    assert clients("from urllib import request") == {"urllib.request"}
    assert clients("def f():\n    from http.client import HTTPConnection") >= {"http.client"}
    assert clients("from urllib.parse import quote\nimport http") == set()


def test_nothing_that_serves_has_a_client_of_other_addresses() -> None:
    files = [path for part in SERVING for path in sorted((ROOT / part).rglob("*.py"))]
    assert len(files) > 200
    found = {
        (path.relative_to(ROOT).as_posix(), name.split(".")[0])
        for path in files
        for name in clients(path.read_text(encoding="utf-8"))
    }
    assert found == LISTENS
