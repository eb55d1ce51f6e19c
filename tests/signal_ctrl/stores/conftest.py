"""Stores by kind, with the address that opens them again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from signal_ctrl.stores.opening import open_folder, open_postgres
from signal_ctrl.stores.store import SqlStore


@dataclass
class Place:
    folder: Path
    address: str

    def open(self) -> SqlStore:
        if self.address:
            return open_postgres(self.folder, self.address, ballast_bytes=4096)
        return open_folder(self.folder, ballast_bytes=4096)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    new: Callable[[], str] = request.getfixturevalue("new_database") if request.param == "postgresql" else lambda: ""
    return Place(tmp_path / "data", new())
