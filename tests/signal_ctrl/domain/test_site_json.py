import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Trailing
from signal_ctrl.domain.site_json import site_from_json, site_hash, site_to_json
from tests.signal_ctrl.kernel.small_sites import crossroads

SITE = crossroads(n_links=5, steady=((4, "o"),), trailing=(Trailing(0, 2, 30),))
TEXT = site_to_json(SITE)


def test_the_document_is_canonical() -> None:
    assert site_from_json(TEXT) == SITE
    assert site_to_json(site_from_json(json.dumps(json.loads(TEXT), indent=1))) == TEXT
    assert len(site_hash(SITE)) == 64
    assert site_hash(SITE) != site_hash(crossroads())


def test_what_a_site_has_by_default_is_not_written() -> None:
    """Documents and hashes from before these keys were known still hold."""
    assert "fault_dark" not in TEXT
    assert "debounce_frames" not in TEXT
    other = crossroads(fault_dark=True, debounce_frames=0)
    assert '"debounce_frames":0' in site_to_json(other)
    assert site_from_json(site_to_json(other)) == other
    assert site_hash(other) != site_hash(crossroads())


def changed(change: Callable[[dict[str, Any]], Any]) -> str:
    document = json.loads(TEXT)
    change(document)
    return json.dumps(document)


def put(*path: Any) -> Callable[[dict[str, Any]], None]:
    *keys, last, value = path

    def change(document: Any) -> None:
        for key in keys:
            document = document[key]
        document[last] = value

    return change


DAMAGES: list[Callable[[dict[str, Any]], Any]] = [
    put("format", "signal-ctrl site 2"),
    put("colour", "red"),
    put("fault_dark", 1),
    put("fault_dark", None),
    put("debounce_frames", 2),
    put("debounce_frames", False),
    put("debounce_frames", "3"),
    put("debounce_frames", 3.0),
    put("groups", 0, "colour", "red"),
    put("stages", 0, "colour", "red"),
    put("groups", 0, "kind", "tram"),
    put("groups", 0, "amber_ds", 30.0),
    put("groups", 0, "amber_ds", True),
    put("groups", 0, "links", "0"),
    put("groups", 0, "links", [0.0]),
    put("groups", 0, None),
    put("groups", None),
    put("stages", 0, "rights", ["G", "r", "g", "G"]),
    put("stages", 0, "rights", "Grgx"),
    put("stages", 0, "rights", ""),
    put("compatible", [[0, 3], [0, 3]]),
    put("compatible", [[3, 0]]),
    put("compatible", [[0, 0], [0, 3]]),
    put("compatible", [[0, 4]]),
    put("compatible", [[0, 3], [0, 2]]),
    put("compatible", 7),
    put("yield", [[0, 2, []], [2, 3, ["gG"]]]),
    put("yield", [[0, 2, ["Gg", "Gg"]], [2, 3, ["gG"]]]),
    put("yield", [[0, 2, ["Gr"]], [2, 3, ["gG"]]]),
    put("yield", [[0, 2, ["G"]], [2, 3, ["gG"]]]),
    put("intergreen_ds", 0, [0, 1]),
    put("intergreen_ds", 0, [0, 9, 40]),
    put("intergreen_ds", 1, [0, 1, 40]),
    put("first_stage", "0"),
    put("signal_id", ""),
    put("signal_id", 3),
    put("steady", [["4", "o"]]),
    put("steady", [[4, 0]]),
    put("trailing", [[0, 2]]),
    lambda document: document.pop("profile"),
    lambda document: document["groups"][0].pop("buffer_ds"),
    lambda document: document["intergreen_ds"].pop(),
    lambda document: document["stages"].clear(),
]


@pytest.mark.parametrize("damage", range(len(DAMAGES)))
def test_damaged_documents_are_refused(damage: int) -> None:
    with pytest.raises(InvalidInputError):
        site_from_json(changed(DAMAGES[damage]))


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "3", "{", '"text"', "NaN", TEXT + "x", TEXT[:-1], TEXT.replace(":30,", ":NaN,", 1),
        TEXT.replace('"profile"', '"n_links":5,"profile"'), "[" * 100_000, TEXT.replace(":30,", ":" + "9" *
        5000 + ",", 1),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        site_from_json(text)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        site_from_json(None)  # type: ignore[arg-type]


@given(data=st.data())
def test_a_cut_or_flipped_document_is_refused_or_means_a_valid_site(data: st.DataObject) -> None:
    """Whatever a byte does to a document, there is never anything but a site or a refusal."""
    at = data.draw(st.integers(0, len(TEXT) - 1))
    letter = data.draw(st.sampled_from('0123456789gGrs"[]{},:-. e\\x'))
    for text in (TEXT[:at], TEXT[:at] + letter + TEXT[at + 1 :], TEXT[:at] + letter + TEXT[at:]):
        try:
            site = site_from_json(text)
        except InvalidInputError:
            continue
        assert site_from_json(site_to_json(site)) == site
