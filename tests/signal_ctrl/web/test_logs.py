"""Logs of the process: started once, turned down for a while by who needs quiet."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from signal_ctrl.web.logs import logs_from, start_logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Start the logs as `serve` does, and leave the process as it was."""
    root, httpx = logging.getLogger(), logging.getLogger("httpx")
    before = (root.handlers, root.level, httpx.level)
    out = io.StringIO()
    start_logs(out)
    yield out
    root.handlers = before[0]
    root.setLevel(before[1])
    httpx.setLevel(before[2])
    structlog.reset_defaults()


def test_a_logger_that_was_used_already_is_turned_down_too(stream: io.StringIO) -> None:
    log = structlog.get_logger()
    log.info("before", token="x")
    with logs_from(logging.ERROR):
        log.info("meanwhile")
        log.error("worse")
    log.info("after")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["before", "worse", "after"]
    assert lines[0]["token"] == "[hidden]"
