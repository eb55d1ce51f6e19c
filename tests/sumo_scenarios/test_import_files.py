"""Sites and loops of a catalogue network as files."""

import json
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED, STREET
from signal_ctrl.domain.site_json import site_from_json, site_hash
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.import_files import import_scenario
from sumo_scenarios.world import build_world


def test_sites_come_back_as_they_were_built(tmp_path: Path) -> None:
    found = import_scenario("cologne3", STREET, tmp_path / "import")
    world = build_world(resolve("cologne3"), STREET, None, None)
    assert [row["signal"] for row in found["signals"]] == [unit.site.signal_id for unit in world.units]
    for unit, row in zip(world.units, found["signals"], strict=True):
        text = (tmp_path / "import" / "sites" / f"{unit.site.signal_id}.json").read_text(encoding="utf-8")
        assert site_from_json(text) == unit.site
        assert site_hash(unit.site) == row["hash"]
        assert json.loads(text)["profile"] == "street"


def test_the_loops_written_are_the_loops_read(tmp_path: Path) -> None:
    import_scenario("cologne1", PUBLISHED, tmp_path / "import")
    laid = build_world(resolve("cologne1"), PUBLISHED, None, None)
    read = build_world(resolve("cologne1"), PUBLISHED, None, None, tmp_path / "import" / "loops.add.xml")
    assert [u.layout.loops for u in read.units] == [u.layout.loops for u in laid.units]


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "import").mkdir()
    with pytest.raises(InvalidInputError, match="exists"):
        import_scenario("cologne1", PUBLISHED, tmp_path / "import")
    assert list((tmp_path / "import").iterdir()) == []
