"""JSON of strangers: what is taken, and each way to be refused."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.web.strict_json import MAX_DEPTH, MAX_KEYS, read_json

WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
)


@given(VALUES)
def test_what_is_proper_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidInputError):
        read_json(body)


@pytest.mark.parametrize("depth", [1, MAX_DEPTH])
def test_depth_up_to_the_bound(depth: int) -> None:
    read_json(b"[" * depth + b"]" * depth)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b"NaN",
        b'{"a":-Infinity}',
        b"[1e999]",
        b"[9223372036854775808]",
        b"[-9223372036854775809]",
        b"[" + b"9" * 5_000 + b"]",
        b"[1." + b"1" * 60_000 + b"]",
        b"{" + b",".join(b'"%d":1' % n for n in range(MAX_KEYS + 1)) + b"}",
        b"[" + b",".join(b'{"a":1}' for _ in range(MAX_KEYS + 1)) + b"]",
        b"\xff\xfe",
        b"",
        b"{",
        b"[1,]",
        b"'a'",
        rb'"\ud800"',
        rb'{"\udfff":1}',
        rb'[["a\u0000b"]]',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_bombs_are_refused_quickly(body: bytes) -> None:
    begun_s = time.process_time()
    with pytest.raises(InvalidInputError):
        read_json(body)
    assert time.process_time() - begun_s < 1


def test_the_largest_that_is_allowed_is_read() -> None:
    body = b"{" + b",".join(b'"%d":1' % n for n in range(MAX_KEYS)) + b"}"
    assert len(read_json(body)) == MAX_KEYS


@pytest.mark.parametrize("text", ['"[[[["', r'"\"[[["', r'"\\"', r'["\\\"[", "{"]'])
def test_brackets_in_texts_are_no_depth(text: str) -> None:
    many = "[" + ",".join([text] * 100) + "]"
    assert read_json(many.encode()) == json.loads(many)
