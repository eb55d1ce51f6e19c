"""Orders: valid if they exist, one way to write them, and nothing but that way can be read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.orders import (
    ADAPTIVE_VALID_MS,
    AHEAD_MS,
    MAX_ORDERS_BYTES,
    Orders,
    Version,
    etag_of,
    orders_from_bytes,
    orders_to_bytes,
)
from signal_ctrl.domain.link.overrides import MAX_OVERRIDE_MS, OrderSource, OverrideKind, OverrideOrder
from signal_ctrl.domain.plan import SignalPlan

SITE = "ab" * 32
PLAN = SignalPlan("junction 1", SITE, 600, 100, ("s1", "s2"), (400, 200))
HOLD = OverrideOrder("o-1", OverrideKind.HOLD_STAGE, "s1", 1_000, 61_000, 60_000)
ORDERS = Orders("cab-1", Version(1, 7), SITE, PLAN, 1_000, 181_000, True, "corridor-3", True, (HOLD,))


def test_what_is_written_is_read_again() -> None:
    data = orders_to_bytes(ORDERS)
    assert orders_from_bytes(data) == ORDERS
    assert etag_of(data) == etag_of(orders_to_bytes(orders_from_bytes(data)))
    bare = replace(ORDERS, plan=None, overrides=(), commit="", committed=False)
    assert orders_from_bytes(orders_to_bytes(bare)) == bare
    assert bare.plan_sha256 == ""


@pytest.mark.parametrize("mode", list(ControlMode))
def test_who_decides_is_written_where_it_is_not_the_plan_alone(mode: ControlMode) -> None:
    orders = replace(ORDERS, control=mode)
    data = orders_to_bytes(orders)
    assert orders_from_bytes(data) == orders
    assert (b'"control"' in data) == (mode is not ControlMode.PLAN)


def test_a_document_cut_at_any_byte_is_dropped_whole() -> None:
    data = orders_to_bytes(ORDERS)
    for length in range(len(data)):
        with pytest.raises(InvalidInputError):
            orders_from_bytes(data[:length])


@given(st.integers(0, len(orders_to_bytes(ORDERS)) - 1), st.integers(0, 255))
def test_a_changed_byte_makes_other_orders_or_none(at: int, byte: int) -> None:
    data = orders_to_bytes(ORDERS)
    changed = data[:at] + bytes([byte]) + data[at + 1 :]
    try:
        found = orders_from_bytes(changed)
    except InvalidInputError:
        return
    assert (found == ORDERS) == (changed == data)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda data: data + b" ",
        lambda data: data.replace(b'"adaptive":true', b'"adaptive": true'),
        lambda data: data.replace(b'"adaptive":true', b'"adaptive":1'),
        lambda data: data.replace(b'"adaptive":true', b'"adaptive":true,"adaptive":true'),
        lambda data: data.replace(b'"cycle_ds":600', b'"cycle_ds":NaN'),
        lambda data: data.replace(b'"splits_ds":[400,200]', b'"splits_ds":[300,300]'),  # the hash is of another plan
        lambda data: data.replace(b"{", b'{"more":1,', 1),
        lambda data: data[:-1] + b" " * MAX_ORDERS_BYTES + b"}",
        lambda data: b"[" * 60_000,
        lambda data: data.replace(b'"committed"', b'"control":"plan","committed"'),
        lambda data: data.replace(b'"committed":true', b'"committed":true,"control":"plan"'),
        lambda data: data.replace(b'"committed":true', b'"committed":true,"control":"police"'),
        lambda data: data.replace(b'"committed":true', b'"committed":true,"control":null'),
        lambda data: b"",
        lambda data: "ü".encode(),
    ],
)
def test_other_forms_are_refused(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInputError):
        orders_from_bytes(wrong(orders_to_bytes(ORDERS)))


def test_the_epoch_goes_before_the_revision() -> None:
    assert Version(2, 1) > Version(1, 99) > Version(1, 98)
    assert str(Version(2, 1)) == "2.1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"cabinet": "a/b"},
        {"cabinet": ""},
        {"version": Version(0, 1)},
        {"version": Version(1, 0)},
        {"site_sha256": "cd" * 32},
        {"site_sha256": "x"},
        {"valid_until_utc_ms": 1_000},
        {"valid_until_utc_ms": 1_000 + ADAPTIVE_VALID_MS + 1},
        {"adaptive": False, "valid_until_utc_ms": 1_000 + AHEAD_MS + 1},
        {"not_before_utc_ms": -1},
        {"commit": ""},
        {"overrides": (HOLD, HOLD)},
    ],
)
def test_orders_that_would_not_be_valid_do_not_exist(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInputError):
        replace(ORDERS, **wrong)


def test_validity_at_its_limits() -> None:
    assert replace(ORDERS, valid_until_utc_ms=1_000 + ADAPTIVE_VALID_MS)
    assert replace(ORDERS, adaptive=False, valid_until_utc_ms=1_000 + AHEAD_MS)
    assert replace(ORDERS, valid_until_utc_ms=1_001)


@pytest.mark.parametrize(
    "wrong",
    [
        {"override_id": "a b"},
        {"stage": ""},
        {"kind": OverrideKind.FLASH},
        {"end_utc_ms": 1_000},
        {"lasts_ms": 0},
        {"lasts_ms": 60_001},
        {"end_utc_ms": 1_000 + 2 * MAX_OVERRIDE_MS, "lasts_ms": MAX_OVERRIDE_MS + 1},
        {"start_utc_ms": True},
    ],
)
def test_overrides_that_would_not_be_valid_do_not_exist(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInputError):
        replace(HOLD, **wrong)


def test_an_override_without_a_stage() -> None:
    flash = OverrideOrder("o-2", OverrideKind.FLASH, "", 0, 1, 1, OrderSource.PREEMPTION)
    orders = replace(ORDERS, overrides=(HOLD, flash))
    assert orders_from_bytes(orders_to_bytes(orders)).overrides == (HOLD, flash)


def test_a_plan_of_a_change_waits_for_its_commit() -> None:
    assert ORDERS.may_activate
    assert not replace(ORDERS, committed=False).may_activate
    assert replace(ORDERS, commit="", committed=False).may_activate
