"""The smallest town that has everything, built once."""

from pathlib import Path

import pytest

from sumo_scenarios.built_files import export_newtown
from tests.sumo_scenarios.newtown.small_town import TOWN


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_newtown(tmp_path_factory.mktemp("made") / "town", TOWN).parent
