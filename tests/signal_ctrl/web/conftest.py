"""A centre in memory, and clients of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bench.centre_app import World, memory_world
from bench.local_client import LocalClient
from signal_ctrl.centre import passwords
from signal_ctrl.domain.clock import ManualClock

NOW_MS = 1_790_000_000_000


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash passwords cheaply: what a hash costs, and that nobody's costs as much, is in test_passwords.py."""
    passwords._hash_of_nobody.cache_clear()
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))
    yield
    passwords._hash_of_nobody.cache_clear()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW_MS, 5_000)


@pytest.fixture
def world(clock: ManualClock, tmp_path: Path) -> Iterator[World]:
    made = memory_world(clock, tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def client(world: World) -> Iterator[LocalClient]:
    with LocalClient(world.app) as made:
        yield made


@contextmanager
def ending_streams(world: World) -> Iterator[None]:
    """End streams as soon as they are there: a client without sockets waits for the end of each answer."""
    done = threading.Event()

    def end() -> None:
        while not done.wait(0.002):
            world.context.hub.close()

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
