"""What the process does beside answering: chores once a second, each in its turn and in a thread."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from fastapi import FastAPI

from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.web.metrics import Metrics

EVERY_S: Final = 1.0

log: Final = structlog.get_logger("signal_ctrl.chores")


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done once a second; it decides itself whether anything is due."""

    name: str
    do: Callable[[], object]


class Counting(Protocol):
    """What has counters."""

    @property
    def metrics(self) -> Metrics:
        """The counters."""
        ...


def background(context: Counting, chores: tuple[Chore, ...]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return the lifespan of an application that does its chores."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_for_ever(context, chores))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return lifespan


async def _for_ever(context: Counting, chores: tuple[Chore, ...]) -> None:
    while True:
        for chore in chores:
            await asyncio.to_thread(do_once, context, chore)
        await asyncio.sleep(EVERY_S)


def do_once(context: Counting, chore: Chore) -> None:
    """Do a chore; one that fails is told and tried again, and the others go on."""
    try:
        chore.do()
    except SignalCtrlError as error:
        context.metrics.chores_failed.labels(chore.name).inc()
        log.warning("chore failed", chore=chore.name, why=str(error))
    except Exception as error:  # whatever it is, it must not end the other chores
        context.metrics.chores_failed.labels(chore.name).inc()
        context.metrics.faults.inc()
        log.error("fault in a chore", chore=chore.name, exc_info=error)
