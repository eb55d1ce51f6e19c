"""The workers of a Ray cluster: the same runs by the same worker processes, on many machines.

Every node needs the same version of signal-ctrl and, of a user's own scenario, the same files; nothing else is
shared: a run travels as bytes to the machine that asked for it.
"""

import contextlib
import logging
import os
import shutil
import socket
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.folder import engine_hash
from bench.parcels import pack, unpack
from bench.pool import ATTEMPTS, Event, LocalPool
from bench.work import Done, Item
from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.settings_record import versions

ADDRESS: Final = "RAY_ADDRESS"
_TICK_S: Final = 0.5
_REACH_S: Final = 5.0


class RemoteWorker:
    """What runs on a node: one worker process, and a folder of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="signal-ctrl-ray-"))
        self._pool = LocalPool(1, self._folder)

    def identity(self) -> tuple[str, dict[str, str]]:
        """Return what has to be the same on every machine: the engine's code, and the versions it runs on."""
        return engine_hash(), versions()

    def make(self, item: Item, parcel: bytes) -> tuple[Done, bytes]:
        """Make what is missing of a run, of which the parcel holds what there is; return it whole."""
        place = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            here = replace(item, run=place / "run", evidence=place / "evidence")
            unpack(parcel, here)
            (done,) = [event for event in self._pool.work([here]) if isinstance(event, Done)]
            return done, pack(here)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def close(self) -> None:
        """End the worker process and remove the folder."""
        self._pool.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class RayPool:
    """The pool of a Ray cluster that is there: the one that RAY_ADDRESS names, or that of this machine."""

    def __init__(self, n_workers: int | None) -> None:
        """Args: n_workers, None for one a processor of the cluster.

        Raises: InvalidInputError if Ray is not installed or there is no cluster.
        """
        self._ray = _connected()
        n_usable = max(int(self._ray.cluster_resources().get("CPU", 1)), 1)
        self.n_workers = min(n_workers or n_usable, n_usable)
        self._kind = self._ray.remote(num_cpus=1, max_restarts=0)(RemoteWorker)
        self._workers: list[Any] = []

    def work(self, items: Sequence[Item]) -> Iterator[Event]:
        """Make the runs, the first ones first; a run whose node is lost is begun again on another."""
        waiting = deque(items)
        attempts: dict[str, int] = {}
        self._workers = [self._kind.remote() for _ in range(min(self.n_workers, len(items)))]
        self._check(self._workers)
        free = list(self._workers)
        running: dict[Any, tuple[Any, Item]] = {}
        while waiting or running:
            while waiting and free:
                worker, item = free.pop(), waiting.popleft()
                running[worker.make.remote(item, pack(item))] = worker, item
            ready, _ = self._ray.wait(list(running), timeout=_TICK_S)
            yield None
            for reference in ready:
                worker, item = running.pop(reference)
                done = self._taken(reference, item)
                free.append(worker if done is not None else self._replaced(worker))
                if done is None:
                    done = _again(item, waiting, attempts)
                if done is not None:
                    yield done

    def _taken(self, reference: Any, item: Item) -> Done | None:
        """Let a run that has come in stand; None if its node was lost."""
        try:
            done, parcel = self._ray.get(reference)
        except self._ray.exceptions.RayActorError:
            return None
        except self._ray.exceptions.RayError as error:
            return Done(item.task.run_id, "failed", f"Ray: {str(error).strip().splitlines()[-1]}")
        unpack(parcel, item)
        taken: Done = done
        return taken

    def _replaced(self, lost: Any) -> Any:
        worker = self._kind.remote()
        self._workers[self._workers.index(lost)] = worker
        return worker

    def _check(self, workers: Sequence[Any]) -> None:
        """Raises: BackendError if a node runs another version."""
        ours = engine_hash(), versions()
        try:
            found = self._ray.get([worker.identity.remote() for worker in workers])
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1]
            raise BackendError(f"a node of the Ray cluster cannot work: {reason}") from error
        for theirs in found:
            if theirs != ours:
                what = _other(ours[1], theirs[1]) or "the engine's code"
                raise BackendError(f"a node of the Ray cluster differs in {what}; install the same version everywhere")

    def close(self) -> None:
        """End the workers and leave the cluster."""
        with contextlib.suppress(self._ray.exceptions.RayError):
            self._ray.get([worker.close.remote() for worker in self._workers], timeout=_TICK_S * 10)
        for worker in self._workers:
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.kill(worker)
        self._workers = []
        self._ray.shutdown()


def _again(item: Item, waiting: deque[Item], attempts: dict[str, int]) -> Done | None:
    """Put a run back whose node was lost, or give it up after some attempts."""
    run_id = item.task.run_id
    attempts[run_id] = attempts.get(run_id, 0) + 1
    if attempts[run_id] >= ATTEMPTS:
        return Done(run_id, "failed", f"its node was lost {ATTEMPTS} times")
    waiting.appendleft(item)
    return None


def _connected() -> Any:
    """Return Ray, connected to a cluster. Raises: InvalidInputError if it cannot be had."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray  # noqa: PLC0415  an extra, and heavy
    except ImportError as error:
        raise InvalidInputError("--engine ray needs Ray: pip install 'signal-ctrl[ray]'") from error
    address = os.environ.get(ADDRESS, "auto")
    try:
        _reach(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidInputError(
            f"no Ray cluster at {address}: start one with 'ray start --head', or name it by {ADDRESS}"
        ) from error
    return ray


def _reach(address: str) -> None:
    """Raises: OSError if nobody listens at host:port; Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_S).close()


def _other(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    return ", ".join(name for name, version in ours.items() if theirs.get(name) != version)
