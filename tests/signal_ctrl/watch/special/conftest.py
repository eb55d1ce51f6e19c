"""The world that tests of special vehicles begin with."""

from collections.abc import Iterator

import pytest

from signal_ctrl.stores.opening import open_memory
from tests.signal_ctrl.watch.special.special_worlds import SpecialWorld


@pytest.fixture
def world() -> Iterator[SpecialWorld]:
    store = open_memory()
    try:
        yield SpecialWorld(store)
    finally:
        store.close()
