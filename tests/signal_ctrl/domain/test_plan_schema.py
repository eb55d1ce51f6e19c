"""The published schema of plans and the reader say the same, as far as a schema can say it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import CYCLE_DS, FORMAT, MAX_STAGES, Plan, SignalPlan, plan_document, plan_from_json

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schemas" / "plan-1.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
names = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=6)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    parts = []
    for signal in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        n = draw(st.integers(1, 6))
        splits_s = draw(st.lists(st.integers(1, 60), min_size=n, max_size=n))
        splits_s[0] += max(30 - sum(splits_s), 0)
        cycle_ds = 10 * sum(splits_s)
        if cycle_ds > CYCLE_DS[1]:
            continue
        site = draw(st.text("0123456789abcdef", min_size=64, max_size=64))
        stages = tuple(f"{draw(names)}{k}" for k in range(n))
        offset_ds = 10 * draw(st.integers(0, sum(splits_s) - 1))
        parts.append(SignalPlan(signal, site, cycle_ds, offset_ds, stages, tuple(10 * s for s in splits_s)))
    return Plan(draw(names), tuple(parts) or (SignalPlan("a", "0" * 64, 300, 0, ("s",), (300,)),))


def taken(document: Any) -> bool:
    try:
        plan_from_json(json.dumps(document))
    except InvalidInputError:
        return False
    return True


@settings(max_examples=80, deadline=None)
@given(plans())
def test_what_the_reader_takes_is_valid(plan: Plan) -> None:
    document = plan_document(plan)
    assert plan_from_json(json.dumps(document)) == plan
    VALIDATOR.validate(document)


def at(document: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = document["signals"][0]
    return part


Spoil = Callable[[dict[str, Any]], Any]
SPOILT: dict[str, Spoil] = {
    "another format": lambda d: d.update(format="signal-ctrl plan 2"),
    "no format": lambda d: d.pop("format"),
    "no name": lambda d: d.pop("name"),
    "empty name": lambda d: d.update(name=""),
    "name is a number": lambda d: d.update(name=7),
    "unknown key": lambda d: d.update(version=1),
    "no signals": lambda d: d.update(signals=[]),
    "signals by name": lambda d: d.update(signals={"a": 1}),
    "a signal is a list": lambda d: d["signals"].append([]),
    "no signal id": lambda d: at(d).pop("signal_id"),
    "empty signal id": lambda d: at(d).update(signal_id=""),
    "signal id is null": lambda d: at(d).update(signal_id=None),
    "unknown key of a signal": lambda d: at(d).update(colour="green"),
    "site is no hash": lambda d: at(d).update(site="0" * 63),
    "site in capitals": lambda d: at(d).update(site="A" * 64),
    "cycle too short": lambda d: at(d).update(cycle_ds=290, splits_ds=[290], stages=["s"], offset_ds=0),
    "cycle too long": lambda d: at(d).update(cycle_ds=3010, splits_ds=[3010], stages=["s"], offset_ds=0),
    "cycle in tenths": lambda d: at(d).update(cycle_ds=605, splits_ds=[605], stages=["s"], offset_ds=0),
    "cycle is a text": lambda d: at(d).update(cycle_ds="600"),
    "cycle with a fraction": lambda d: at(d).update(cycle_ds=600.5),
    "cycle is true": lambda d: at(d).update(cycle_ds=True),
    "offset below 0": lambda d: at(d).update(offset_ds=-10),
    "offset in tenths": lambda d: at(d).update(offset_ds=5),
    "offset too long": lambda d: at(d).update(offset_ds=3000),
    "no stages": lambda d: at(d).update(stages=[], splits_ds=[]),
    "a stage is a number": lambda d: at(d).update(stages=[1] * len(at(d)["stages"])),
    "a stage has no name": lambda d: at(d).update(stages=[""] * len(at(d)["stages"])),
    "stages are one text": lambda d: at(d).update(cycle_ds=300, offset_ds=0, stages="s", splits_ds=[300]),
    "stages are an object": lambda d: at(d).update(cycle_ds=300, offset_ds=0, stages={"s": 1}, splits_ds=[300]),
    "too many stages": lambda d: at(d).update(
        cycle_ds=340, offset_ds=0, stages=[f"s{k}" for k in range(17)], splits_ds=[20] * 17
    ),
    "a split of 0": lambda d: at(d).update(splits_ds=[0, *at(d)["splits_ds"]][: len(at(d)["splits_ds"])]),
    "a split below 0": lambda d: at(d)["splits_ds"].__setitem__(0, -10),
    "a split is a text": lambda d: at(d)["splits_ds"].__setitem__(0, "100"),
    "a split in tenths": lambda d: at(d)["splits_ds"].__setitem__(0, 105),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
@settings(max_examples=10, deadline=None)
@given(plan=plans())
def test_what_is_spoilt_is_refused_by_both(name: str, plan: Plan) -> None:
    document = copy.deepcopy(plan_document(plan))
    SPOILT[name](document)
    assert not VALIDATOR.is_valid(document)
    assert not taken(document)


def test_bounds_are_those_of_the_reader() -> None:
    signal = SCHEMA["$defs"]["signal"]["properties"]
    assert (signal["cycle_ds"]["minimum"], signal["cycle_ds"]["maximum"]) == CYCLE_DS
    assert signal["stages"]["maxItems"] == signal["splits_ds"]["maxItems"] == MAX_STAGES
    assert SCHEMA["properties"]["format"]["const"] == FORMAT
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_what_only_the_reader_can_say() -> None:
    """Named in the schema's description: sums, neighbours, and things that occur twice."""
    whole = SignalPlan("a", "0" * 64, 600, 100, ("s1", "s2"), (400, 200))
    document = plan_document(Plan("p", (whole,)))
    for change in (
        {"splits_ds": [400, 100]}, {"stages": ["s1", "s1"]}, {"offset_ds": 600}, {"splits_ds": [600]}, {"cycle_ds": 600.0},
    ):  # fmt: skip
        spoilt = copy.deepcopy(document)
        spoilt["signals"][0] |= change
        assert VALIDATOR.is_valid(spoilt)
        assert not taken(spoilt)
    twice = copy.deepcopy(document)
    twice["signals"] *= 2
    assert VALIDATOR.is_valid(twice)
    assert not taken(twice)
