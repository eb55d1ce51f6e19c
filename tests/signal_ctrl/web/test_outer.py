"""What stands around everything: an answer that is half out is cut, whatever failed, and ends only where a stream does."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from signal_ctrl.domain.errors import StorageFailedError, TooLargeError
from signal_ctrl.web.metrics import Metrics
from signal_ctrl.web.outer import Outer

SCOPE = {"type": "http", "method": "GET", "path": "/v1/stream", "headers": []}


def answered(cause: Exception) -> tuple[list[Message], Metrics]:
    """Return what was sent of an answer whose application failed after its begin, as Starlette says it."""
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("Caught handled exception, but response already started.") from cause

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    metrics = Metrics()
    scope: dict[str, Any] = dict(SCOPE)
    try:
        asyncio.run(Outer(app, metrics)(scope, receive, send))
    except Exception as error:
        error.add_note(str(len(sent)))
        raise
    return sent, metrics


def test_a_stream_whose_request_is_too_long_ends() -> None:
    sent, metrics = answered(TooLargeError("the body is longer than 65536 bytes"))
    assert sent[-1] == {"type": "http.response.body", "body": b""}
    assert metrics.registry.get_sample_value("signal_ctrl_faults_total") == 0


def test_half_an_answer_whose_rest_cannot_be_read_is_never_ended_as_if_it_were_whole() -> None:
    with pytest.raises(Exception, match="unforeseen") as caught:
        answered(StorageFailedError("the disk is gone"))
    assert caught.value.__notes__ == ["2"]  # begin and first part, no last one
