"""Hypothesis profiles for the whole suite; HYPOTHESIS_PROFILE chooses one, `quick` is the default."""

import itertools
import os
from collections.abc import Callable, Iterator

import cv2
import pytest
from hypothesis import HealthCheck, settings

from bench.storage.server import Cluster, cluster, programs

cv2.setNumThreads(
    1
)  # before any work: a simulation forked from a process with OpenCV's threads waits for them for ever

settings.register_profile("quick", max_examples=50, deadline=None, derandomize=False, print_blob=True)
settings.register_profile(
    "deep",
    max_examples=5000,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "quick")


@pytest.fixture(scope="session")
def pg_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this session's own."""
    if programs() is None:
        pytest.skip("there is no PostgreSQL server here")
    with cluster() as running:
        yield running


@pytest.fixture
def new_database(pg_cluster: Cluster, _numbers: "Iterator[int]") -> Callable[[], str]:
    """Make an empty database and return its address."""
    return lambda: pg_cluster.create(f"test_{next(_numbers)}")


@pytest.fixture(scope="session")
def _numbers() -> "Iterator[int]":
    return itertools.count(1)
