"""Whatever the centre may refuse somebody on the page with has words in Chinese.

Every error that becomes a problem document with its own words is looked for in the sources, but for what nobody on the
page can bring about: routes that the page asks nothing of are found by themselves, the rest is named in NOT_OF_THE_PAGE.
"""

import ast
import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from signal_ctrl.domain import errors
from signal_ctrl.web.problems import Problem, problem_of, status_of
from tests.signal_ctrl.web.page.told_texts import PACKAGE, SOURCES, Names, functions, is_known, text_of, unknown

ERRORS: Final = {
    name: each
    for name, each in vars(errors).items()
    if inspect.isclass(each) and issubclass(each, errors.SignalCtrlError)
}
TOLD_ERRORS: Final = frozenset(
    name
    for name, each in ERRORS.items()
    if status_of(each.__new__(each)) < HTTPStatus.INTERNAL_SERVER_ERROR  # of others the words stay in the log
)
FOLDERS: Final = ("web", "centre", "watch", "domain", "engine")
NOT_OF_THE_PAGE: Final = {
    "web/parking/*": "the parking service",
    "web/server.py": "the start of the service",
    "web/link_front.py": "cabinets",
    "web/signed.py": "cabinets",
    "web/feed_front.py": "feeds",
    "centre/link*.py": "cabinets",
    "centre/anchors.py": "copies of the audit elsewhere",
    "centre/signing.py": "the key of the centre",
    "centre/guided.py": "the parking service",
    "centre/geojson.py": "an import on the command line",
    "centre/networks.py": "an import on the command line",
    "centre/shadow*.py": "shadow mode, which is switched on the command line",
    "centre/adaptive.py": "shadow mode, which is switched on the command line",
    "centre/traffic_values.py": "what cabinets count",
    "centre/faults.py": "what cabinets say",
    "centre/demo_sessions.py": "the demo on the command line",
    "watch/feeds/*": "feeds",
    "watch/intake/*": "feeds",
    "watch/observations.py": "feeds",
    "watch/buses/*": "an import on the command line",
    "watch/road_desk.py": "an import on the command line",
    "watch/conditions/*": "weather and events, which are entered on the command line",
    "watch/state/*": "how the state of roads is learned",
    "watch/minutes/*": "how minutes are kept",
    "watch/city_minute.py": "how minutes are kept",
    "watch/foresight/*": "how the forecast is learned",
    "watch/figures/values.py": "how figures are kept",
    "watch/past/values.py": "how the past is kept",
    "watch/incidents/detection/*": "how incidents are found",
    "watch/incidents/cameras.py": "alarms of cameras",
    "watch/incidents/service.py": "alarms of cameras",
    "watch/incidents/usual_days.py": "how incidents are found",
    "watch/diversion/board.py": "signs",
    "watch/diversion/gating.py": "how diversions are worked out",
    "watch/diversion/guidance.py": "an import on the command line",
    "watch/diversion/turning.py": "how diversions are worked out",
    "watch/diversion/ways.py": "how diversions are worked out",
    "watch/dispatch/unit_file.py": "an import on the command line",
    "watch/dispatch/green_route.py": "missions, by programs",
    "watch/dispatch/unit_desk.py": "units, by programs",
    "watch/dispatch/units.py": "units, by programs",
    "watch/special/vehicle_desk.py": "the register, on the command line",
    "domain/link/*": "cabinets",
    "domain/batches.py": "feeds",
    "domain/bus_lines*.py": "an import on the command line",
    "domain/roads*.py": "an import on the command line",
    "domain/road_ways.py": "an import on the command line",
    "domain/signs.py": "the parking service",
    "domain/site*.py": "sites, which are made at the cabinet",
    "domain/profile.py": "sites, which are made at the cabinet",
    "domain/network.py": "layouts, which are made at the cabinet",
    "domain/timing.py": "sites, which are made at the cabinet",
    "domain/timetable.py": "runs on the command line",
    "domain/*counts.py": "plans from counts, on the command line",
    "domain/counted_days.py": "plans from counts, on the command line",
    "domain/csv_rows.py": "tables on the command line",
    "domain/geh.py": "plans from counts, on the command line",
    "engine/*": "the tick of the loop, and plans on the command line; what the gate says is looked at elsewhere",
}
"""Files whose errors nobody on the page can bring about, with whose they are."""
PATH: Final = re.compile(r"/v1/[^\"`?\s]*")
IN_A_PATH: Final = re.compile(r"\$?\{[^}]*\}")
VERBS: Final = frozenset({"get", "post", "put", "delete"})


def steps_of(path: str) -> list[str]:
    """Return the steps of a path; an empty one is filled in."""
    return [IN_A_PATH.sub("", each) for each in path.strip("/").split("/")]


@cache
def asked() -> list[list[str]]:
    """Return the paths that the page asks for."""
    return [steps_of(each) for file in SOURCES.glob("*.ts*") for each in PATH.findall(file.read_text("utf-8"))]


def is_asked(path: str) -> bool:
    """Tell whether the page may ask for a route: its topic, and step by step the same or filled in on one of the sides."""
    steps = steps_of(path)
    return any(
        steps[:2] == one[:2]
        and len(steps) in (len(one), len(one) + 1)  # what is put behind a step may be one more, as '/approve'
        and all(not a or not b or a == b for a, b in zip(steps, one, strict=False))
        for one in asked()
    )


def routes_of(tree: ast.Module) -> list[str]:
    """Return the paths of the routes in a module."""
    calls = [
        each
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for each in node.decorator_list
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in VERBS
    ]
    return [text_of(each.args[0], {}) for each in calls]


def is_of(place: Path, pattern: str) -> bool:
    """Tell whether a file is one of those that a pattern names; '/*' are those of folders below too."""
    return place.match(pattern) or (pattern.endswith("/*") and str(place).startswith(pattern[:-1]))


def is_of_the_page(path: Path) -> bool:
    """Tell whether somebody on the page may bring about what a module refuses with."""
    place = path.relative_to(PACKAGE)
    if any(is_of(place, each) for each in NOT_OF_THE_PAGE):
        return False
    routes = routes_of(ast.parse(path.read_text("utf-8"))) if place.parts[0] == "web" else []
    return not routes or any(is_asked(each) for each in routes)


def files() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((PACKAGE / folder).rglob("*.py")) if is_of_the_page(path)]


def name_of(call: ast.expr | None) -> str:
    """Return the last part of what is called."""
    match call:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


def makers(tree: ast.AST) -> set[str]:
    """Return functions of a module that make an error of the words that they are given."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and isinstance(node.body[-1], ast.Return)
        and node.args.args
        and name_of(node.body[-1].value) in TOLD_ERRORS
    }


def details(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the words of each error that a module raises, with where that is."""
    made = makers(ast.parse(path.read_text("utf-8")))
    for function, names in functions(path):
        for node in ast.walk(function):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                yield from _raised(f"{path.relative_to(PACKAGE)}:{node.lineno}", node.exc, names, made)


def _raised(where: str, call: ast.Call, names: Names, made: set[str]) -> Iterator[tuple[str, str]]:
    name = name_of(call)
    first = issubclass(ERRORS.get(name, object), errors.TooManyError)
    if name in TOLD_ERRORS or name in made or (name == "ValueError" and _is_told_within(where)):
        yield where, text_of(call.args[0 if first else -1], names)


def _is_told_within(where: str) -> bool:
    """Tell whether a module says of a document why it is none."""
    return where.startswith("domain/") or "document" in where or "strict_json" in where


def test_every_refusal_that_may_reach_the_page_has_words_in_chinese() -> None:
    found = [each for path in files() for each in details(path)]
    assert len(found) > 250
    assert any("log in first" in text for _, text in found)
    assert any(text.startswith("no plan from 00:00") for _, text in found), "what is made an error elsewhere is found"
    assert unknown(iter(found)) == []


@pytest.mark.parametrize("pattern", NOT_OF_THE_PAGE)
def test_what_is_not_of_the_page_is_still_there(pattern: str) -> None:
    every = (path.relative_to(PACKAGE) for folder in FOLDERS for path in (PACKAGE / folder).rglob("*.py"))
    assert any(is_of(place, pattern) for place in every)


def test_which_routes_the_page_asks_is_known() -> None:
    assert all(
        is_asked(path)
        for path in ("/v1/overrides/{override_id}/approve", "/v1/plans/{name}/difference", "/v1/audit", "/v1/me")
    )
    assert not any(is_asked(path) for path in ("/v1/feeds", "/v1/cabinets/{cabinet}/events", "/v1/weather"))


def test_reasons_why_an_emergency_plan_cannot_be_ordered_are_known() -> None:
    path = PACKAGE / "watch/responses/resolving.py"
    found = [
        (f"{path.name}:{node.lineno}", text_of(node.args[2], names))
        for function, names in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and name_of(node) == "say"
    ]
    assert len(found) > 8
    assert unknown(iter(found)) == []


def test_a_fault_of_the_centre_and_a_path_that_is_not_there_are_known() -> None:
    assert is_known(problem_of(errors.StorageFailedError("x")).detail)
    lost = [HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT]
    for status in (*lost, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INTERNAL_SERVER_ERROR):
        assert is_known(Problem(status, "", status.phrase, {}).detail), status


class Wish(BaseModel):
    """A body with each kind of bound that bodies and queries of the centre have."""

    model_config = ConfigDict(extra="forbid", strict=True)
    needed: str
    short: Annotated[str, StringConstraints(max_length=3)] = ""
    one: Annotated[str, StringConstraints(max_length=1)] = ""
    long: Annotated[str, StringConstraints(min_length=3)] = "abc"
    filled: Annotated[str, StringConstraints(min_length=1)] = "a"
    named: Annotated[str, StringConstraints(pattern="^a$")] = "a"
    least: Annotated[int, Field(ge=1)] = 1
    most: Annotated[int, Field(le=1)] = 1
    above: Annotated[float, Field(gt=0)] = 1.0
    below: Annotated[float, Field(lt=1)] = 0.0
    finite: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    few: Annotated[list[int], Field(max_length=1)] = []
    some: Annotated[list[int], Field(min_length=1)] = [1]
    several: Annotated[list[int], Field(min_length=2)] = [1, 2]
    whole: int = 0
    real: float = 0.0
    flag: bool = False
    table: dict[str, Any] = {}
    text: str = ""


WRONG: Final[dict[str, Any]] = {
    "short": "abcd",
    "one": "ab",
    "long": "a",
    "filled": "",
    "named": "b",
    "least": 0,
    "most": 2,
    "above": 0.0,
    "below": 1.0,
    "finite": float("nan"),
    "few": [1, 2],
    "some": [],
    "several": [1],
    "whole": "1",
    "real": "1",
    "flag": "yes",
    "table": [],
    "text": 1,
    "strange": 1,
}


def test_what_is_said_of_a_body_that_does_not_fit_is_known() -> None:
    with pytest.raises(ValidationError) as caught:
        Wish.model_validate(WRONG)
    said = {".".join(map(str, each["loc"])): each["msg"] for each in caught.value.errors()}
    assert said.keys() == {"needed", *WRONG}
    assert [text for text in said.values() if not is_known(text)] == []
    for kind in ("whole", "real", "flag"):  # queries are read from text: their numbers are told of in other words
        with pytest.raises(ValidationError) as caught:
            Wish.model_validate({"needed": "", kind: "none"}, strict=False)
        assert [each["msg"] for each in caught.value.errors() if not is_known(each["msg"])] == []


def test_the_catalogue_is_a_list_of_pairs() -> None:
    pairs = json.loads((SOURCES / "told.json").read_text("utf-8"))
    assert all(len(each) == 2 and all(isinstance(text, str) and text for text in each) for each in pairs)
