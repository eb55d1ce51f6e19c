"""The document of a response: what people write, what is made of it, and what is told where it is wrong."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.centre.override_document import RouteStop
from signal_ctrl.centre.override_values import Reason, Scope, ScopeKind
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.signs import MessageKind
from signal_ctrl.watch.dispatch.missions import Need
from signal_ctrl.watch.dispatch.units import UnitKind
from signal_ctrl.watch.responses.plan_values import (
    MissionPart,
    OverridePart,
    PlanPart,
    Response,
    ResponseKind,
    SignPart,
)
from signal_ctrl.watch.responses.response_file import response_from_text, response_hash, response_to_json
from tests.signal_ctrl.watch.responses.response_worlds import RESPONSE

EXAMPLES = sorted((Path(__file__).parents[4] / "docs" / "examples").glob("response-*.toml"))
names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
texts = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


@st.composite
def overrides(draw: st.DrawFn) -> OverridePart:
    kind = draw(st.sampled_from(list(OverrideKind)))
    more: dict[str, Any] = {"name": draw(names), "kind": kind, "reason": draw(st.sampled_from(list(Reason)))}
    more |= {"from_s": draw(st.integers(0, 3600)), "lasts_s": draw(st.integers(60, 7200))}
    if kind is OverrideKind.GREEN_ROUTE:
        stops = st.builds(RouteStop, names, texts, st.integers(0, 600))
        route = draw(st.lists(stops, min_size=1, max_size=3))
        return OverridePart(**more, route=tuple(route), convoy_s=draw(st.integers(0, 600)))
    where = draw(st.sampled_from(list(ScopeKind)))
    n = draw(st.integers(2, 3)) if where is ScopeKind.LIST else 1
    scope = Scope(where, tuple(draw(st.lists(names, min_size=n, max_size=n, unique=True))))
    stages = tuple(sorted(draw(st.dictionaries(names, texts, max_size=2)).items()))
    return OverridePart(**more, scope=scope, stage=draw(st.sampled_from(["", "main"])), stages=stages)


@st.composite
def responses(draw: st.DrawFn) -> Response:
    needs = st.builds(Need, st.lists(st.sampled_from(list(UnitKind)), min_size=1, unique=True).map(tuple))
    place = st.tuples(st.floats(-180, 180), st.floats(-85, 85))
    kinds = st.sampled_from([MessageKind.SAFETY, MessageKind.DIVERSION, MessageKind.INFORMATION])
    plans = st.builds(PlanPart, names, names, st.integers(0, 9), st.lists(names, unique=True).map(tuple))
    signs = st.builds(SignPart, names, names, texts, texts, kinds, st.integers(0, 600))
    missions = st.builds(MissionPart, names, needs, place, texts, st.integers(1, 5))
    parts: list[list[Any]] = [draw(st.lists(each, max_size=2)) for each in (overrides(), plans, signs, missions)]
    numbered = iter(range(100))
    named = [tuple(_renamed(part, f"p{next(numbered)}") for part in those) for those in parts]
    tasks = draw(st.lists(texts, min_size=1, max_size=2))
    return Response("r", draw(texts), draw(st.sampled_from(list(ResponseKind))), 24 * 3600, *named, tuple(tasks))


def _renamed(part: Any, name: str) -> Any:
    return replace(part, name=name)


@given(responses())
def test_what_is_written_is_read_again(response: Response) -> None:
    text = response_to_json(response)
    assert response_from_text(text) == response
    assert response_to_json(response_from_text(text)) == text
    assert response_hash(response_from_text(text)) == response_hash(response)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_responses(path: Path) -> None:
    response = response_from_text(path.read_text(encoding="utf-8"), path.name)
    assert response_from_text(response_to_json(response)) == response


def test_there_are_four_examples_of_four_kinds() -> None:
    kinds = {response_from_text(path.read_text(encoding="utf-8")).kind for path in EXAMPLES}
    assert (len(EXAMPLES), kinds) == (4, set(ResponseKind) - {ResponseKind.OTHER})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "road closed"', 'kind = "picnic"', "'kind' is one of road closed, evacuation"),
        ("lasts_s = 3600\nchecklist", "lasts_s = 10\nchecklist", "lasts 60 s to 24 h"),
        ("lasts_s = 3600\nchecklist", "lasts_s = 1e9\nchecklist", "lasts 60 s to 24 h"),
        ("lasts_s = 3600\nchecklist", "lasts_s = 60.5\nchecklist", "whole number"),
        ("lasts_s = 3600\nchecklist", "lasts_s = 1800\nchecklist", "not over before the response is"),
        ("lasts_s = 3600\nchecklist", "lasts_s = nan\nchecklist", "has to be a number"),
        ('kind = "call_stage"', 'kind = "call"', "'kind' is one of hold_stage, call_stage"),
        ('reason = "event"', 'reason = "fun"', "'reason' is one of"),
        ('cabinets = ["c0"]\n', 'cabinets = ["c0"]\ncorridor = "ring"\n', "one of them"),
        ('cabinets = ["c0"]\nstage', "stage", "one of them"),
        ('cabinets = ["c0"]', 'cabinets = ["c0", "c0"]', "each once"),
        ('stage = "side"', 'staged = "side"', "unknown 'staged'"),
        ('kind = "call_stage"', 'kind = "green_route"', "a green route has a 'route'"),
        ("lasts_s = 3600\n\n[[plan]]", "lasts_s = 7260\n\n[[plan]]", "1 to 120 min"),
        ('plan = "match"\ncabinets', 'plan = "match"\ncorridor = "ring"\ncabinets', "not for both"),
        ('name = "match-plan"', 'name = "side-street"', "each with a name of its own"),
        ('name = "match-plan"', 'name = "match plan"', "is no name"),
        ('zh = "体育场路封闭"', 'zh = ""', "'zh' has to be a text"),
        ('zh = "体育场路封闭"', 'zh = "\\n"', "printable"),
        ('sign = "s1"', 'sign = "s1"\nshow = "parking"', "'show' is one of"),
        ('kinds = ["patrol"]', "kinds = []", "at least one kind"),
        ("at = [8.006, 50.0]", "at = [8.006]", "longitude, latitude"),
        ("priority = 2", "priority = 9", "priority of 1 to 5"),
        ('format = "signal-ctrl response 1"', 'format = "x"', "'format' is not"),
        ('title = "Stadium', 'titel = "Stadium', "'title' is missing; is 'titel' meant"),
        ("[[plan]]", "[[plan]", "no TOML"),
    ],
)
def test_a_bad_document_is_one_line_that_says_where(old: str, new: str, words: str) -> None:
    assert old in RESPONSE, old
    with pytest.raises(InvalidInputError, match=words) as refused:
        response_from_text(RESPONSE.replace(old, new, 1))
    assert "\n" not in str(refused.value)


def test_json_with_a_key_twice_is_refused() -> None:
    text = json.dumps({"format": "signal-ctrl response 1"})
    with pytest.raises(InvalidInputError, match="twice"):
        response_from_text(text[:-1] + ', "format": "signal-ctrl response 1"}')
