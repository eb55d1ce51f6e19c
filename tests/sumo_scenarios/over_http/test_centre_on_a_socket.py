"""The centre of a simulation on a socket leaves its process as it was."""

import io
import logging
from pathlib import Path

from signal_ctrl.gateways.system_clock import SystemClock
from sumo_scenarios.over_http.centre import RunCentre


class OwningHandler(logging.StreamHandler[io.StringIO]):
    """A handler that closes its stream when it is shut, as absl's does with standard output."""

    def close(self) -> None:
        self.stream.close()
        super().close()


def test_handlers_of_the_process_stay_open(tmp_path: Path) -> None:
    stream = io.StringIO()
    handler = OwningHandler(stream)
    centre = RunCentre(SystemClock(), tmp_path)
    try:
        assert not stream.closed
    finally:
        centre.close()
        handler.close()
