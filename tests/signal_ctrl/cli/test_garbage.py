"""A service looks for garbage when it is due, and finds it."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from signal_ctrl.cli.garbage import FULL_EVERY_MS, YOUNG, FullCollection, settle_collector
from signal_ctrl.domain.clock import ManualClock


class Ring:
    """An object that only a full look frees once it is old."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def settled() -> Iterator[None]:
    before = gc.get_threshold()
    settle_collector()
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("settled")
def test_old_garbage_goes_when_a_full_look_is_due() -> None:
    clock = ManualClock()
    collection = FullCollection(clock)
    ring = Ring()
    gc.collect()
    gone = weakref.ref(ring)
    del ring
    _ = [Ring() for _ in range(3 * YOUNG)]
    assert gone() is not None
    assert not collection.look()
    clock.pass_ms(FULL_EVERY_MS)
    assert collection.look()
    assert gone() is None
    assert not collection.look()
