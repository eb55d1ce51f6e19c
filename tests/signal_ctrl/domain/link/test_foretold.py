"""Who is foretold, there and back to the last bit; what is old, of the future, or cannot be, is not there."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.foretold import (
    FRESH_MS,
    FUTURE_MS,
    MOST,
    MOST_CARS,
    Foretelling,
    Foretold,
    ForetoldKind,
    foretelling_from_bytes,
    foretelling_to_bytes,
)

NOW_MS = 1_800_000_000_000
BUS = Foretold(ForetoldKind.BUS, 7, "in", "out", (10.0, 12.1, 13.0, 20.7), 180.3, 9.7, 23.1)
GUEST = Foretold(ForetoldKind.GUIDED, 8, "in", "out", (30.0,), 400.0, 0.0, 1.0, 0.8)


def there_and_back(*coming: Foretold) -> tuple[Foretold, ...]:
    return foretelling_from_bytes(foretelling_to_bytes("cab-1", NOW_MS, coming)).coming


positive = st.floats(0.0, 600.0)


@given(
    st.lists(positive, min_size=1, max_size=8).map(lambda times: tuple(sorted(times))),
    st.floats(0.0, 20_000.0),
    st.floats(0.0, 50.0),
    st.floats(1e-9, MOST_CARS),
)
def test_there_and_back_to_the_last_bit(times_s: tuple[float, ...], to_stop_m: float, mps: float, cars: float) -> None:
    one = Foretold(ForetoldKind.BUS, 1, "in", "out", times_s, to_stop_m, mps, cars)
    assert there_and_back(one) == (one,)


def test_of_too_many_the_earliest_are_told() -> None:
    many = [replace(BUS, key=k, times_s=(float(k % 97), 100.0)) for k in range(3 * MOST)]
    found = there_and_back(*many)
    assert len(found) == MOST
    assert max(one.times_s[0] for one in found) <= min(m.times_s[0] for m in many if m not in found)


@pytest.mark.parametrize("age_ms", [-FUTURE_MS, 0, 1, 2_500, FRESH_MS])
def test_it_is_aged_to_the_moment_in_which_it_is_read(age_ms: int) -> None:
    (found,) = Foretelling("cab-1", NOW_MS, (BUS,)).at(NOW_MS + age_ms)
    assert found.times_s == tuple(max(t - age_ms / 1000, 0.0) for t in BUS.times_s)
    assert replace(found, times_s=BUS.times_s) == BUS


def test_nobody_is_there_in_the_past() -> None:
    (found,) = Foretelling("cab-1", NOW_MS, (replace(BUS, times_s=(1.0, 30.0)),)).at(NOW_MS + 5_000)
    assert found.times_s == (0.0, 25.0)


@pytest.mark.parametrize("age_ms", [-FUTURE_MS - 1, FRESH_MS + 1, 3_600_000, -3_600_000])
def test_what_is_old_or_of_the_future_is_not_there(age_ms: int) -> None:
    assert Foretelling("cab-1", NOW_MS, (BUS,)).at(NOW_MS + age_ms) == ()


ABSURD: list[dict[str, Any]] = [
    {"times_s": []},
    {"times_s": [-0.1]},
    {"times_s": [601.0]},
    {"times_s": [9.0, 8.0]},
    {"times_s": [1.0] * 9},
    {"to_stop_m": -1.0},
    {"to_stop_m": 20_001.0},
    {"speed_mps": -0.1},
    {"speed_mps": 51.0},
    {"cars": 0.0},
    {"cars": MOST_CARS + 0.1},
    {"cars": 10**400},
    {"presence": 0.0},
    {"presence": 0.5},
    {"presence": 1.1},
    {"key": -1},
    {"key": 1 << 53},
]


@pytest.mark.parametrize("change", ABSURD)
def test_who_cannot_be_is_not_there_and_costs_no_other(change: dict[str, Any]) -> None:
    document = json.loads(foretelling_to_bytes("cab-1", NOW_MS, (BUS, GUEST)))
    index = next(k for k, item in enumerate(document["coming"]) if item["kind"] == "bus")
    document["coming"][index] |= change
    found = foretelling_from_bytes(json.dumps(document).encode())
    assert found.coming == (GUEST,)


def test_what_is_no_number_is_told_to_nobody() -> None:
    wrong = [replace(BUS, cars=math.nan), replace(BUS, key=2, times_s=(math.inf,)), replace(BUS, key=3, to_stop_m=-1.0)]
    assert there_and_back(*wrong, GUEST) == (GUEST,)


def test_a_key_counts_once() -> None:
    document = json.loads(foretelling_to_bytes("cab-1", NOW_MS, (BUS, replace(BUS, key=9))))
    document["coming"][1]["key"] = 7
    assert [one.key for one in foretelling_from_bytes(json.dumps(document).encode()).coming] == [7]


@pytest.mark.parametrize(
    "change",
    [
        {"format": "signal-ctrl orders 1"},
        {"more": 1},
        {"cabinet": ""},
        {"at_utc_ms": 1.5},
        {"coming": {}},
        {"coming": [1]},
        {"coming": [{"kind": "bus"}]},
    ],
)
def test_what_is_no_document_counts_for_nothing(change: dict[str, Any]) -> None:
    document = json.loads(foretelling_to_bytes("cab-1", NOW_MS, (BUS,))) | change
    with pytest.raises(InvalidInputError):
        foretelling_from_bytes(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [("kind", "tank"), ("key", True), ("key", 1.0), ("road", ""), ("times_s", 3.0), ("cars", "9"), ("cars", None)],
)
def test_an_item_of_another_kind_spoils_the_document(name: str, value: Any) -> None:
    document = json.loads(foretelling_to_bytes("cab-1", NOW_MS, (BUS, GUEST)))
    document["coming"][0][name] = value
    with pytest.raises(InvalidInputError):
        foretelling_from_bytes(json.dumps(document).encode())


@given(st.binary(max_size=200))
def test_bytes_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        foretelling_from_bytes(data)


def test_too_long_and_too_many_are_refused() -> None:
    document = json.loads(foretelling_to_bytes("cab-1", NOW_MS, (BUS,)))
    document["coming"] *= MOST + 1
    with pytest.raises(InvalidInputError, match="at most"):
        foretelling_from_bytes(json.dumps(document).encode())
    with pytest.raises(InvalidInputError, match="bytes"):
        foretelling_from_bytes(b" " * (1 << 17))
