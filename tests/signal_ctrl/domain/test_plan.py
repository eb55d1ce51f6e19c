"""Plans as values and as documents: what is refused, what comes back, and the clock."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_document, plan_from_json, plan_hash, plan_to_json

SITE = "0123456789abcdef" * 4
PART = SignalPlan("a", SITE, 600, 70, ("s1", "s2", "s3"), (200, 150, 250))
PLAN = Plan("morning", (PART, replace(PART, signal_id="b", offset_ds=0)))


def test_document_comes_back_and_keeps_its_hash() -> None:
    again = plan_from_json(plan_to_json(PLAN))
    assert again == PLAN
    assert plan_hash(again) == plan_hash(PLAN) != plan_hash(replace(PLAN, name="evening"))
    assert plan_from_json(json.dumps(plan_document(PLAN), indent=3)) == PLAN


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"site": "abc"}, "hash of a site"),
        ({"site": SITE.upper()}, "hash of a site"),
        ({"stages": (), "splits_ds": ()}, "1 to 16 stages"),
        ({"stages": ("s1", "s2")}, "a split for each"),
        ({"stages": ("s1", "s2", "s1")}, "twice in a row"),
        ({"splits_ds": (200, 150, 240)}, "make up the cycle"),
        ({"splits_ds": (200, 400, 0)}, "above 0"),
        ({"splits_ds": (205, 145, 250)}, "whole seconds"),
        ({"splits_ds": (200.0, 150, 250)}, "whole seconds"),
        ({"cycle_ds": 290, "splits_ds": (100, 90, 100)}, "the cycle is 30 to 300 s, got 29 s"),
        ({"cycle_ds": 3010, "splits_ds": (3000, 5, 5)}, "whole seconds"),
        ({"offset_ds": 600}, "offset below the cycle"),
        ({"offset_ds": -10}, "whole seconds"),
        ({"offset_ds": True}, "whole seconds"),
    ],
)
def test_what_is_not_whole_is_refused(changes: dict[str, Any], fix: str) -> None:
    with pytest.raises(InvalidInputError, match=fix):
        replace(PART, **changes)


@pytest.mark.parametrize("key", ["cycle_ds", "offset_ds"])
def test_a_time_of_four_hundred_digits_is_refused(key: str) -> None:
    document = plan_document(PLAN)
    document["signals"][0][key] = 10**400
    with pytest.raises(InvalidInputError, match="is not a whole number"):
        plan_from_json(json.dumps(document))


def test_times_are_timing_errors() -> None:
    with pytest.raises(InvalidTimingError):
        replace(PART, offset_ds=600)


def test_a_network_has_each_signal_once() -> None:
    with pytest.raises(InvalidInputError, match="twice"):
        Plan("x", (PART, PART))
    with pytest.raises(InvalidInputError, match="name"):
        Plan("", (PART,))
    assert PLAN.of("b") == PLAN.signals[1]
    assert PLAN.of("c") is None


def changed(**changes: Any) -> str:
    document = plan_document(PLAN)
    document["signals"][0] |= changes
    return json.dumps(document)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "signal-ctrl site 1"}',
        changed(splits_ds=[200, 150.0, 250]),
        changed(splits_ds=[200, "150", 250]),
        changed(stages="s1"),
        changed(extra=1),
        changed(signal_id=""),
        plan_to_json(PLAN).replace('"cycle_ds":600', '"cycle_ds":600,"cycle_ds":600'),
        plan_to_json(PLAN).replace("600", "NaN"),
        plan_to_json(PLAN)[:-1],
    ],
)
def test_damaged_documents_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        plan_from_json(text)
    assert "\n" not in str(caught.value)


@given(st.integers(-10_000, 10_000), st.integers(0, 59), st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_the_clock_gives_each_stage_its_split(start_s: int, offset_s: int, splits_s: list[int]) -> None:
    splits_s[0] += max(30 - sum(splits_s), 0)
    cycle_ds = 10 * sum(splits_s)
    names = tuple(f"s{i}" for i in range(len(splits_s)))
    part = SignalPlan("a", SITE, cycle_ds, 10 * offset_s % cycle_ds, names, tuple(10 * s for s in splits_s))
    shown = [part.place(10 * start_s + t)[0] for t in range(cycle_ds)]
    assert [shown.count(i) for i in range(len(names))] == list(part.splits_ds)
    assert part.place(part.offset_ds) == (0, 0)
    for t in range(1, cycle_ds):
        if shown[t] != shown[t - 1]:
            assert shown[t] == (shown[t - 1] + 1) % len(names)
            assert part.place(10 * start_s + t)[1] == 0
