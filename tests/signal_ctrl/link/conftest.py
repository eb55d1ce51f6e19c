"""A centre and its cabinets in simulated time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.link.world import LinkWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LinkWorld]:
    made = LinkWorld(tmp_path)
    yield made
    made.close()
