"""The files of the page: served packed and for ever, small enough, with words in both languages, and nothing else."""

import gzip
import json
import re
from pathlib import Path
from typing import Final

import pytest

from bench.local_client import LocalClient
from signal_ctrl.web import page_routes
from signal_ctrl.web.page_routes import BUILT, built_files

SOURCES: Final = Path(page_routes.__file__).with_name("page") / "src"
MOST_SCRIPT_BYTES: Final = 200_000


def test_a_page_that_was_not_built_is_said_to_be_so(
    client: LocalClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_routes, "BUILT", tmp_path)
    answer = client.request("GET", "/")
    assert answer.status_code == 404
    assert "make page" in answer.json()["detail"]


def test_the_page_is_built() -> None:
    assert "index.html" in built_files(BUILT), "run 'make page' first"


def test_the_document_names_files_that_are_there_and_may_be_kept(client: LocalClient) -> None:
    document = client.request("GET", "/")
    assert document.status_code == 200
    assert document.headers["cache-control"] == "no-cache"
    names = re.findall(r'(?:src|href)="([^"]+)"', document.text)
    assert len(names) == 3
    for name in names:
        answer = client.request("GET", name, headers={"Accept-Encoding": "identity"})
        assert answer.status_code == 200
        assert ("immutable" in answer.headers["cache-control"]) == name.startswith("/assets/page-")


def test_files_come_packed_to_who_takes_them_so(client: LocalClient) -> None:
    script = next(name for name in built_files(BUILT) if name.endswith(".js"))
    answer = client.request("GET", f"/assets/{script}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(built_files(BUILT)[f"{script}.gz"]) == built_files(BUILT)[script]


@pytest.mark.parametrize("name", ["index.html", "nothing.js", "..%2Fapp.py", "page.py", "%00"])
def test_no_other_file_is_given(name: str, client: LocalClient) -> None:
    assert client.request("GET", f"/assets/{name}").status_code in (404, 422)


def test_the_script_is_small_map_library_included() -> None:
    packed = [len(content) for name, content in built_files(BUILT).items() if name.endswith(".js.gz")]
    assert packed
    assert sum(packed) <= MOST_SCRIPT_BYTES


def test_every_label_has_words_in_both_languages_with_the_same_places_for_values() -> None:
    labels = json.loads((SOURCES / "labels.json").read_text(encoding="utf-8"))
    for name, words in labels.items():
        assert set(words) == {"en", "zh"}, name
        assert all(words.values()), name
        assert sorted(re.findall(r"\{\w+\}", words["en"])) == sorted(re.findall(r"\{\w+\}", words["zh"])), name


def test_every_label_is_used() -> None:
    labels = json.loads((SOURCES / "labels.json").read_text(encoding="utf-8"))
    text = "".join(each.read_text(encoding="utf-8") for each in SOURCES.glob("*.ts*"))
    groups = set(re.findall(r"`(\w+)\.\$\{", text)) | set(re.findall(r'sayWord\("(\w+)"', text))
    unused = [name for name in labels if f'"{name}"' not in text and name.split(".")[0] not in groups]
    assert unused == []


def test_colour_is_never_the_only_sign() -> None:
    """Each state of a junction has an outline of its own, each level of a road a width and pieces of its own."""
    marker = (SOURCES / "junction_marker.ts").read_text(encoding="utf-8")
    outlines = _table(marker, "OUTLINE")
    hollow = re.search(r"isHollow = .*", marker)
    assert hollow is not None
    states = re.findall(r"\"(\w+)\"", re.search(r"export type State = (.*)", _text("city.ts")).group(1))  # type: ignore[union-attr]
    assert set(outlines) == set(states)
    seen = {(outline, f'"{state}"' in hollow.group()) for state, outline in outlines.items()}
    assert len(seen) == len(states), "two states have one outline, and both are full or both empty"
    levels = _table(_text("map.tsx"), "ROAD_STYLE")
    looks = {level: re.sub(r'color: "#\w+",? ?', "", style) for level, style in levels.items()}
    assert len(looks) == 6 and len(set(looks.values())) == 6, looks


def _text(name: str) -> str:
    return (SOURCES / name).read_text(encoding="utf-8")


def _table(text: str, name: str) -> dict[str, str]:
    """Return the rows of a table of the page's source."""
    found = re.search(rf"export const {name}\b.*?= \{{\n(.*?)\n\}};", text, re.DOTALL)
    assert found is not None, name
    return dict(re.findall(r"^  (\w+): (.*?),?$", found.group(1), re.MULTILINE))
