"""The guidance document: there and back, and each mistake named."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError
from signal_ctrl.watch.diversion.guidance import FORMAT, guidance_from_json, guidance_to_json
from tests.signal_ctrl.watch.diversion.small_town import guidance, small_town, town

Change = Callable[[dict[str, Any]], Any]


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(guidance_to_json(guidance()))
    return found


def test_a_document_is_the_same_there_and_back() -> None:
    assert guidance_from_json(guidance_to_json(guidance())) == guidance()
    assert document()["format"] == FORMAT


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.update(format="x"), "'format' is not"),
        (lambda d: d.update(more=1), "unknown 'more'"),
        (lambda d: d["signs"][0].pop("road"), "'road' is missing"),
        (lambda d: d["signs"][0].update(position_m="5"), "'position_m' has to be a number"),
        (lambda d: d["signs"][0].update(longest_zh=2.5), "whole number"),
        (lambda d: d["signs"].append(d["signs"][0]), "sign is there twice"),
        (lambda d: d["signals"].append(d["signals"][0]), "signal is there twice"),
        (lambda d: d["signals"][0]["movements"][0].update(yields_to=[9]), "not there"),
        (lambda d: d["signals"][0]["movements"][0].update(yields_to=[True]), "list of whole numbers"),
        (lambda d: d["signals"][0]["movements"][0].update(saturation_veh_h=0), "1 or more"),
        (lambda d: d["signals"][0].update(movements=[]), "a movement"),
        (lambda d: d["signs"][0]["destinations"][0].update(roads=[]), "destination needs"),
    ],
)
def test_each_mistake_is_named(change: Change, told: str) -> None:
    found = document()
    change(found)
    with pytest.raises(InvalidInputError, match=told):
        guidance_from_json(json.dumps(found))


def test_a_key_that_occurs_twice_and_nan_are_refused() -> None:
    text = guidance_to_json(guidance())
    for wrong in (text.replace('"signs":', '"signs":[],"signs":', 1), text.replace("50.0", "NaN", 1)):
        with pytest.raises(InvalidInputError):
            guidance_from_json(wrong)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["signs"][0].update(road="x"), "no road 'x'"),
        (lambda d: d["signs"][0].update(position_m=900.0), "beyond the end"),
        (lambda d: d["signs"][0]["destinations"][0].update(roads=["x"]), "no road 'x'"),
        (lambda d: d["signals"][0]["movements"][0].update(to_road="in"), "no turn a to in"),
    ],
)
def test_what_the_roads_do_not_have_is_refused(change: Change, told: str) -> None:
    found = document()
    change(found)
    with pytest.raises(InvalidInputError, match=told):
        guidance_from_json(json.dumps(found)).check(town())


def test_only_an_engineer_imports_it_and_only_over_roads() -> None:
    with small_town() as there:
        text = guidance_to_json(guidance())
        with pytest.raises(ForbiddenError):
            there.desk.guidance.import_(there.here.actor("olga"), text, town())
        with pytest.raises(ConflictError, match="import the roads first"):
            there.desk.guidance.import_(there.here.actor("eve"), text, None)
        assert ("eve", "import guidance") in [(who, act) for who, act, _ in there.here.audit()]
