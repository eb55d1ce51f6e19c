"""What happens, as server-sent events: one connection from the centre to each page, never a WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from signal_ctrl.centre.identity import Actor, Right, Role
from signal_ctrl.domain.errors import NotFoundError, TooManyError
from signal_ctrl.web.context import Context
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.stream_hub import Listener, News

MEDIA_TYPE: Final = "text/event-stream"
PULSE_S: Final = 15.0
RETRY: Final = b"retry: 3000\n\n"
MOST_LISTENERS: Final = 500

router = new_router("stream")


@router.get("/v1/stream", response_class=StreamingResponse, responses={200: {"content": {MEDIA_TYPE: {}}}})
async def stream(
    request: Request,
    actor: Annotated[Actor, needs(Right.READ_STATUS)],
    context: ContextOf,
    last_event_id: Annotated[int | None, Header(ge=0, le=(1 << 53))] = None,
    after: Annotated[int | None, Query(ge=0, le=(1 << 53))] = None,
) -> StreamingResponse:
    """Tell what happens: `act` (with a number to resume from), `junctions` that changed, `gone`, `links` that changed,
    `reset`, `here`.

    A client that comes back with `Last-Event-ID` gets the acts that it missed, or `reset` if they are too many. The
    stream ends when the login does, and for who does not take what is sent.
    """
    if actor.role is Role.CABINET:
        raise NotFoundError("the stream is for people")
    if len(context.hub) >= MOST_LISTENERS:
        raise TooManyError("too many listen already", 30)
    last = last_event_id if last_event_id is not None else after
    listener = await run_in_threadpool(context.hub.join, actor, asyncio.get_running_loop(), last)
    return StreamingResponse(_told(context, listener), media_type=MEDIA_TYPE)


async def _told(context: Context, listener: Listener) -> AsyncIterator[bytes]:
    context.metrics.listeners.inc()
    try:
        yield RETRY
        while not listener.closed:
            try:
                await asyncio.wait_for(listener.wake.wait(), PULSE_S)
            except TimeoutError:
                yield b": still here\n\n"
            listener.wake.clear()
            while listener.waiting and not listener.closed:
                yield listener.waiting.popleft().line()
        yield News("end", f'"{listener.closed}"').line()
    finally:
        context.metrics.listeners.dec()
        context.hub.leave(listener)
