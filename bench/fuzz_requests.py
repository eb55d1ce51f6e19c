"""Requests for the fuzz campaign: drawn from the description of the routes, then spoilt."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

NASTY: Final = (
    "", " ", "0", "-1", "null", "true", "NaN", "' OR '1'='1", "'; DROP TABLE users; --", "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0", "../../etc/passwd", "..%2f..%2f", "%00", "\u0000", "\ud800", "\u202e", "é" * 100, "a" * 5_000,
    "{{7*7}}", "${jndi:ldap://x}", "\r\nSet-Cookie: a=b", "9" * 400, "1e999", "ann", "cabinet-1", "north", "admin",
    "2026-11-27T00:00:00Z", "00000000-0000-0000-0000-000000000000", "😀", "\x7f", "+1+1", "@SUM(A1)", "x" * 63,
)  # fmt: skip
NUMBERS: Final = (0, -1, 1, 2, 60, 2**31, 2**53, 2**63 - 1, -(2**63), 1.5, -0.0, 1e308, 1e-308, 120, 3600, 9_000)
RAW: Final = (
    b"", b"{", b"[" * 2_000, b'{"a":' * 500, b'{"a":1,"a":2}', b"NaN", b"\xff\xfe\x00", b"null", b"[]", b"0",
    b'"' + b"a" * 70_000 + b'"', b"[" + b"9" * 4_000 + b"]", b'{"\\ud800":1}', b" " * 66_000,
)  # fmt: skip
HEADERS: Final = (
    ("origin", ("http://evil.test", "null", "http://centre.test")),
    ("last-event-id", ("0", "-5", "99999999999999999999", "x", "7")),
    ("if-none-match", ('"x"', "*", "x" * 2_000)),
    ("cookie", ("signal-ctrl=x", "signal-ctrl=", "a" * 3_000, "__Host-signal-ctrl=y")),
    ("x-csrf-token", ("x", "")),
    ("content-encoding", ("gzip", "identity", "x")),
    ("content-length", ("-1", "x", "70000", "99999999999999999999999")),
    ("authorization", ("Bearer x", "Basic YTpi", "Bearer", "")),
    ("signal-ctrl-cabinet", ("cabinet-1", "", "x" * 500)),
    ("x-forwarded-for", ("203.0.113.9",)),
    ("sec-fetch-site", ("cross-site", "same-origin")),
)
_KEEP: Final = 0.9
_KEEP_WHOLE: Final = 0.97
"""How often a value is of the kind that it has to be: within a document, and the document."""
_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class FuzzRequest:
    """One request, without who sends it."""

    method: str
    route: str
    path: str
    query: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Drawing:
    """Draws requests from the description of an application."""

    document: Mapping[str, Any]
    dice: random.Random
    names: tuple[str, ...] = ()
    operations: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.operations = [
            (method.upper(), path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        ]

    def request(self, wanted: tuple[str, str] | None = None) -> FuzzRequest:
        """Return a request. Args: wanted, method and path of the route; any if None."""
        method, route, operation = self.dice.choice(
            [each for each in self.operations if wanted is None or each[:2] == wanted]
        )
        parameters = operation.get("parameters", ())
        path = route
        for each in (each for each in parameters if each["in"] == "path"):
            path = path.replace("{" + each["name"] + "}", self._part(each.get("schema", {})))
        query = [
            f"{each['name']}={_quoted(self._text(each.get('schema', {})))}"
            for each in parameters
            if each["in"] == "query" and self.dice.random() < 0.5
        ]
        return FuzzRequest(method, route, path, "&".join(query), self._body(operation), self._headers())

    def _part(self, schema: Mapping[str, Any]) -> str:
        text = self._text(schema)
        return _quoted(text) or "x"

    def _text(self, schema: Mapping[str, Any]) -> str:
        value = self.value(schema)
        return value if isinstance(value, str) else json.dumps(value)[:200]

    def _body(self, operation: Mapping[str, Any]) -> bytes:
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return self.dice.choice(RAW) if self.dice.random() < 0.05 else b""
        if self.dice.random() < 0.1:
            return self.dice.choice(RAW)
        schema = next(iter(content.values())).get("schema", {})
        return json.dumps(self.value(schema)).encode()

    def _headers(self) -> tuple[tuple[str, str], ...]:
        found = [("content-type", self.dice.choice(("application/json",) * 9 + ("text/plain", "", "a/b;c")))]
        for name, values in HEADERS:
            if self.dice.random() < 0.04:
                found.append((name, self.dice.choice(values)))
        return tuple(found)

    def value(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """Return a value of a schema, or with some luck of none."""
        schema = self._resolved(schema)
        kept = self.dice.random() < (_KEEP_WHOLE if depth == 0 else _KEEP)
        if not kept or depth > _DEEPEST:
            return self._nonsense()
        if "enum" in schema or "const" in schema:
            return self.dice.choice(schema.get("enum") or [schema["const"]])
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            count = self.dice.choice((0, 1, 1, 2, 3, 40))
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(count)]
        return self._single(kind)

    def _single(self, kind: Any) -> Any:
        known: dict[Any, Sequence[Any]] = {
            "integer": [number for number in NUMBERS if isinstance(number, int)],
            "number": NUMBERS,
            "boolean": (True, False),
            "null": (None,),
        }
        texts = self.names if self.names and self.dice.random() < 0.5 else NASTY
        return self.dice.choice(known.get(kind, texts))

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        needed = set(schema.get("required", ()))
        found = {
            name: self.value(inner, depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if name in needed or self.dice.random() < 0.5
        }
        if found and self.dice.random() < 0.08:
            found.pop(self.dice.choice(list(found)))
        if self.dice.random() < 0.04:
            found[self.dice.choice(NASTY)] = self._nonsense()
        return found

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(5):
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            elif "anyOf" in schema or "oneOf" in schema:
                schema = self.dice.choice(schema.get("anyOf") or schema["oneOf"])
        return schema

    def _nonsense(self) -> Any:
        return self.dice.choice((*NASTY, *NUMBERS, None, True, [], {}, [[]], {"a": {"b": None}}, list(range(50))))


def _quoted(text: str) -> str:
    """Return a text as it may stand in a request line, most of it left as a hostile client would."""
    return "".join(
        each if each.isascii() and (each.isalnum() or each in "-._~%'()*;:@$!") else _percent(each) for each in text
    )


def _percent(character: str) -> str:
    return "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
