"""The table from errors to statuses, and what an answer says."""

import json
from collections.abc import Iterator

import pytest

from signal_ctrl.domain import errors
from signal_ctrl.web.problems import STATUS, answer, problem_of


def classes_below(base: type[errors.SignalCtrlError]) -> Iterator[type[errors.SignalCtrlError]]:
    yield base
    for each in base.__subclasses__():
        yield from classes_below(each)


def missing(table: object) -> list[str]:
    known = [each for each in classes_below(errors.SignalCtrlError) if each.__module__ == errors.__name__]
    return [each.__name__ for each in known if each not in table]  # type: ignore[operator]


def test_every_class_has_a_status_of_its_own() -> None:
    assert not missing(STATUS)


@pytest.mark.parametrize("left_out", list(STATUS))
def test_a_class_that_is_left_out_is_noticed(left_out: type[errors.SignalCtrlError]) -> None:
    assert missing({each for each in STATUS if each is not left_out}) == [left_out.__name__]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = {word for line in (errors.__doc__ or "").splitlines() for word in line.split() if word.endswith("Error")}
    assert drawn == {each.__name__ for each in STATUS}


def test_an_answer_is_a_problem_document() -> None:
    response = answer(problem_of(errors.RefusedError("K8/latched", "the cabinet is in fault")), "abc")
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "/problems/refused",
        "title": "Conflict",
        "status": 409,
        "detail": "K8/latched: the cabinet is in fault",
        "error_id": "abc",
        "rule": "K8/latched",
    }


def test_a_fault_of_ours_keeps_its_reason_to_itself() -> None:
    response = answer(problem_of(errors.BackendLostError("password=hunter2 at host db7")), "abc")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "10"
    assert b"hunter2" not in response.body and b"db7" not in response.body


def test_too_many_says_when_to_ask_again() -> None:
    assert answer(problem_of(errors.TooManyError("slow down", 7)), "abc").headers["retry-after"] == "7"
