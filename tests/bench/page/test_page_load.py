"""The measurement of the page in a short form: a small town, few clients; the figures are there and the ledger resumes."""

import argparse
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from bench.page_load import __main__ as page_load
from bench.page_load import listening, looking
from bench.page_load.town import name_of, place_of, streets
from tests.bench.browser import CHROMIUM


def test_junctions_stand_in_a_grid_with_streets_between_them() -> None:
    places = {place_of(k, 500) for k in range(500)}
    assert len(places) == 500
    assert name_of(7) == "j0007"
    ends = [each["geometry"]["coordinates"] for each in json.loads(streets(9))["features"]]
    assert len(ends) == 12, "a grid of 3 by 3 has twelve streets"


def test_what_is_over_is_named() -> None:
    assert page_load.misses({"browser_core": 0.26, "bytes_per_s": 20_000.0}) == ["browser_core"]
    assert page_load.misses({"paint_ms": float("nan")}) == ["paint_ms"]


def test_a_part_that_is_none_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert page_load.main(["--parts", "nothing", "--ledger", str(tmp_path / "l.jsonl"), "--commit", "x"]) == 2
    assert "there are browser, paint, server" in capsys.readouterr().err


def test_what_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[argparse.Namespace] = []

    def part(given: argparse.Namespace, _: object) -> dict[str, Any]:
        asked.append(given)
        return {"server_core": 0.5}

    monkeypatch.setitem(page_load.PARTS, "server", part)
    monkeypatch.setattr(page_load, "running_town", lambda *_: contextlib.nullcontext(None))
    arguments = ["--parts", "server", "--ledger", str(tmp_path / "l.jsonl"), "--commit", "abc"]
    assert page_load.main(arguments) == 1
    assert page_load.main(arguments) == 1
    assert len(asked) == 1


@pytest.mark.slow
@pytest.mark.browser
def test_a_small_town_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    monkeypatch.setattr(looking, "SETTLE_S", 1.0)
    monkeypatch.setattr(listening, "SETTLE_S", 1.0)
    monkeypatch.setattr(page_load, "_PAINTS", 1)
    monkeypatch.setattr(page_load, "VIEWS", ("map",))
    ledger = tmp_path / "l.jsonl"
    size = ["--junctions", "60", "--clients", "10", "--seconds", "2", "--commit", "x", "--ledger", str(ledger)]
    assert page_load.main(size) in (0, 1)
    lines = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    found = {name: line[name] for line in lines for name in page_load.WANTED if name in line}
    assert set(found) == set(page_load.WANTED)
    assert all(value > 0 for value in found.values())
    assert found["bytes_per_s"] < page_load.WANTED["bytes_per_s"]
    assert found["server_core"] < page_load.WANTED["server_core"]
