"""Hypothesis profiles for the whole suite; HYPOTHESIS_PROFILE chooses one, `quick` is the default."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import cv2
import pytest
import structlog
from hypothesis import HealthCheck, settings

from bench.storage.server import Cluster, cluster, programs

cv2.setNumThreads(
    1
)  # before any work: a simulation forked from a process with OpenCV's threads waits for them for ever

settings.register_profile(
    "quick",
    max_examples=50,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # it tells of a busy machine, not of the code
)
settings.register_profile(
    "deep",
    max_examples=5000,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "quick")


_LASTS: Final = {"browser": 30.0, "slow": 8.0, "sumo": 3.0}
"""How long a test with such a mark lasts, about; what has none is over in no time. [s]"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files that last longest first where workers share them: one that begins last keeps the others waiting."""
    if not hasattr(config, "workerinput"):
        return
    lasts_s: Counter[Path] = Counter()
    for item in items:
        lasts_s[item.path] += max((_LASTS.get(mark.name, 0.0) for mark in item.iter_markers()), default=0.0) + 0.01
    items.sort(key=lambda item: -lasts_s[item.path])


_USED_POLARS: list[str] = []
_LOGGER: Final = structlog.get_config()["wrapper_class"]


def _threads_of_polars() -> bool:
    """Whether this process has threads of polars. They are named at their start, which is at its first work."""
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended since
            if (thread / "comm").read_text().startswith("polars"):
                return True
    return False


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Fail who leaves something behind that other tests of this process stumble over.

    Polars: a simulation forked after its first use waits for its threads for ever. What is logged: tests that read
    it find nothing where another one has turned it down.
    """
    if structlog.get_config()["wrapper_class"] is not _LOGGER:
        structlog.reset_defaults()
        pytest.fail("logs were set up in the process of the tests and left so; use signal_ctrl.web.logs.logs_from")
    if not _USED_POLARS and "polars" in sys.modules and _threads_of_polars():
        _USED_POLARS.append(item.nodeid)
        pytest.fail("polars was used in the process of the tests; use it in a process of its own")


@pytest.fixture(scope="session")
def pg_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this session's own."""
    if programs() is None:
        pytest.skip("there is no PostgreSQL server here")
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def _idle_databases() -> list[str]:
    """Empty databases that no test uses just now: making one takes a hundred times as long as emptying it."""
    return []


@pytest.fixture
def new_database(pg_cluster: Cluster, _idle_databases: list[str]) -> Iterator[Callable[[], str]]:
    """Return an empty database's address, another one with each call; afterwards they are emptied."""
    used: list[str] = []

    def take() -> str:
        if not _idle_databases:
            name = f"test_{len(used)}_{os.urandom(4).hex()}"
            pg_cluster.create(name)
            _idle_databases.append(name)
        used.append(_idle_databases.pop())
        return pg_cluster.url(used[-1])

    yield take
    for name in used:
        pg_cluster.empty(name)
        _idle_databases.append(name)
