"""XML files: plain, gzip'd, included, damaged."""

import gzip
import tracemalloc
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios import xml_input
from sumo_scenarios.xml_input import elements, parse_time_s

TEXT = b"<a><b x='1'/><b x='2'/></a>"
ENTITY = b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"


def tags(path: Path) -> list[str]:
    return [element.tag for _, element in elements(path)]


@pytest.mark.parametrize("content", [TEXT, gzip.compress(TEXT, mtime=0), b"\xef\xbb\xbf" + TEXT])
def test_plain_and_packed_are_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xml").write_bytes(content)
    assert tags(tmp_path / "a.xml") == ["b", "b", "a"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        TEXT[:-3],
        gzip.compress(TEXT * 500, mtime=0)[:-9],
        gzip.compress(TEXT, mtime=0)[:12],
        gzip.compress(TEXT[:9], mtime=0),
        ENTITY,
        gzip.compress(ENTITY, mtime=0),
        b"<?xml version='1.0' encoding='utf-16'?>" + TEXT,
        TEXT.decode().encode("utf-16"),
        b"<?xml version='1.0' encoding='none-such'?>" + TEXT,
        b"<?xml version='1.0' encoding='shift_jis'?>" + TEXT,
        b"<a>\xff</a>",
        b"\x1f\x8b",
    ],
)
def test_what_is_damaged_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xml").write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"a\.xml"):
        tags(tmp_path / "a.xml")


def test_a_bomb_is_refused_before_it_has_gone_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xml.gz"
    path.write_bytes(gzip.compress(b"<a>" + b" " * (8 << 20) + b"</a>", mtime=0))
    assert tags(path) == ["a"], "a small one does no harm"
    monkeypatch.setattr(xml_input, "FREE_BYTES", 1 << 20)
    tracemalloc.start()
    for read in (tags, xml_input.parse_xml):
        with pytest.raises(InvalidInputError, match=r"a\.xml\.gz: it unpacks to over 20 times its length"):
            read(path)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
    rows = b"".join(b"<b x='%d'/>" % k for k in range(100_000))
    path.write_bytes(gzip.compress(b"<a>" + rows + b"</a>", mtime=0))
    assert len(tags(path)) == 100_001


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(InvalidInputError, match="cannot read"):
            tags(path)


def test_entities_are_found_over_the_end_of_a_chunk(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<!DOCTYPE a [" + b" " * (65536 - 16) + ENTITY[13:])
    with pytest.raises(InvalidInputError, match="entities"):
        tags(tmp_path / "a.xml")


def test_included_files_are_read_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.xml").write_text("<a><x/><include href='sub/b.xml'/><y/></a>")
    (tmp_path / "sub" / "b.xml").write_text("<a><include href='c.xml'/></a>")
    (tmp_path / "sub" / "c.xml").write_text("<a><z/></a>")
    assert [tag for tag in tags(tmp_path / "a.xml") if tag in "xyz"] == ["x", "z", "y"]


@pytest.mark.parametrize("href", ["href='a.xml'", "", "href='none.xml'"])
def test_includes_that_lead_nowhere_are_refused(tmp_path: Path, href: str) -> None:
    (tmp_path / "a.xml").write_text(f"<a><include {href}/></a>")
    with pytest.raises(InvalidInputError):
        tags(tmp_path / "a.xml")


@pytest.mark.parametrize("text", ["nan", "inf", "1:2", "1:2:3:4:5", "", "a", "1:nan:0", "1e999"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="time"):
        parse_time_s(text)
