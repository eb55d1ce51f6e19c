"""Advisers for a process of their own: one that works, and some that do not. Their makers are pickled by name."""

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from optimiser.controller import Decision
from signal_ctrl.engine.adviser import Advised, Glimpse


def echo(glimpse: Glimpse) -> Advised:
    asked = glimpse.situation
    decision = None if asked is None else Decision(asked.stage, (), "echo", "", glimpse.now_s)
    return Advised(glimpse.now_s, -1 if asked is None else asked.stage, decision, 0, 1000.0)


@dataclass
class Echo:
    """Answers; from the glimpse of `bad_from_s` on it does what `how` says. [s]"""

    how: str = ""
    bad_from_s: float = 0.0

    def look(self, glimpse: Glimpse) -> Any:
        if not self.how or glimpse.now_s < self.bad_from_s:
            return echo(glimpse)
        if self.how == "crash":
            os._exit(3)
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        if self.how == "hang":
            time.sleep(3600)
        if self.how == "raise":
            raise RuntimeError("the optimiser fell over")
        return "rubbish"
