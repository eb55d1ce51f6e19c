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
from signal_ctrl.web.packed_stream import ENCODING, Packing, Piece, accepts
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.stream_hub import Listener, News

MEDIA_TYPE: Final = "text/event-stream"
PULSE_S: Final = 15.0
RETRY: Final = Piece(b"retry: 3000\n\n")
PULSE: Final = Piece(b": still here\n\n")
MOST_LISTENERS: Final = 500

router = new_router("stream")


@router.get("/v1/stream", response_class=StreamingResponse, responses={200: {"content": {MEDIA_TYPE: {}}}})
async def stream(
    request: Request,
    actor: Annotated[Actor, needs(Right.READ_STATUS)],
    context: ContextOf,
    last_event_id: Annotated[int | None, Header(ge=0, le=(1 << 53))] = None,
    after: Annotated[int | None, Query(ge=0, le=(1 << 53))] = None,
    differences: Annotated[int, Query(ge=0, le=1, description="1: of a junction what changed alone.")] = 0,
) -> StreamingResponse:
    """Tell what happens: `act` (with a number to resume from), `junctions` that changed, `gone`, `links` that changed,
    `alarms` (they changed), `reset`, `here`; with `differences=1` `changes`, by junction, in place of `junctions` for
    those that were told.

    A client that comes back with `Last-Event-ID` gets the acts that it missed, or `reset` if they are too many. The
    stream ends when the login does, and for who does not take what is sent. It is packed for who accepts gzip.
    """
    if actor.role is Role.CABINET:
        raise NotFoundError("the stream is for people")
    if len(context.hub) >= MOST_LISTENERS:
        raise TooManyError("too many listen already", 30)
    last = last_event_id if last_event_id is not None else after
    loop, packing = asyncio.get_running_loop(), Packing(accepts(request.headers.get("accept-encoding", "")))
    listener = await run_in_threadpool(context.hub.join, actor, loop, last, bool(differences))
    headers = {"Vary": "Accept-Encoding", **({"Content-Encoding": ENCODING} if packing.is_packed else {})}
    return StreamingResponse(_told(context, listener, packing), headers=headers, media_type=MEDIA_TYPE)


async def _told(context: Context, listener: Listener, packing: Packing) -> AsyncIterator[bytes]:
    context.metrics.listeners.inc()
    try:
        yield packing.begin() + packing.take(RETRY)
        while not listener.closed:
            try:
                await asyncio.wait_for(listener.wake.wait(), PULSE_S)
            except TimeoutError:
                yield packing.take(PULSE)
            listener.wake.clear()
            while listener.waiting and not listener.closed:
                several = [listener.waiting.popleft() for _ in range(len(listener.waiting))]
                yield b"".join(packing.take(news.piece) for news in several)
        yield packing.take(News("end", f'"{listener.closed}"').piece) + packing.end()
    finally:
        context.metrics.listeners.dec()
        context.hub.leave(listener)
