"""The store: a writer's thread and readers over one database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from signal_ctrl.centre.ports import Condition, Importance
from signal_ctrl.domain.errors import StorageFullError
from signal_ctrl.stores.database import Database
from signal_ctrl.stores.failures import ours
from signal_ctrl.stores.repositories import SqlRepositories, SqlTransaction
from signal_ctrl.stores.writer import Job, Writer

T = TypeVar("T")


class SqlStore:
    """The `Store` of `signal_ctrl.centre.ports`, over SQLite or PostgreSQL."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    @property
    def place(self) -> str:
        """Where the database is, for people."""
        return self._database.place

    @property
    def epoch(self) -> int:
        """The fencing counter of this opening."""
        return self._writer.epoch

    @property
    def commits(self) -> int:
        """How many durable commits there were since the opening."""
        return self._writer.commits

    @property
    def condition(self) -> Condition:
        """How the store is just now."""
        return self._writer.condition()

    @property
    def reason(self) -> str:
        """Why the condition is not OPEN, one line for people; empty where it is."""
        if self._writer.failure is not None:
            return str(self._writer.failure)
        try:
            self._writer.disk.check(Importance.RAW)
        except StorageFullError as error:
            return str(error)
        return "" if self.condition is Condition.OPEN else f"the disk is {self._writer.disk.share():.0%} full"

    def write(self, work: Callable[[SqlTransaction], T], importance: Importance = Importance.NORMAL) -> T:
        """Carry out a work in the writer's thread and return what it returns, after the durable commit."""
        waiting: Future[T] = Future()
        self._writer.submit(Job(work, importance, waiting))
        return waiting.result()

    async def awrite(self, work: Callable[[SqlTransaction], T], importance: Importance = Importance.NORMAL) -> T:
        """Do the same from an event loop, which goes on meanwhile."""
        waiting: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.submit(Job(work, importance, waiting))
        return await waiting

    def read(self, work: Callable[[SqlRepositories], T]) -> T:
        """Carry out questions on a read-only connection, in the calling thread, as of one moment."""
        with ours(), self._database.readers.connect() as connection, connection.begin():
            return work(SqlRepositories(connection))

    def lay_ballast(self) -> bool:
        """Make the ballast file again where there is room, and tell whether it lies there."""
        return self._writer.disk.lay_ballast()

    def under(self, gate: Callable[[], int]) -> None:
        """Write from now on only as `gate` (`LeaseKeeper.epoch_in_force`) allows, under the epoch that it returns."""
        self._writer.gate = gate

    def close(self) -> None:
        """Finish what waits and close the database, the writer last."""
        self._writer.stop()
