"""The clock that takes off what the machine took, in a process that is stopped, and in one that merely waits."""

import signal
import subprocess
import sys
import time

from tests.lag import timed

MEASURED = """
from tests.lag import timed
with timed() as took:
    print("begun", flush=True)
    input()
print(took.wall_s, took.lag_s, took.own_s)
"""


def test_what_stopped_the_process_is_taken_off() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MEASURED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as it:
        assert it.stdin is not None and it.stdout is not None
        assert it.stdout.readline() == "begun\n"
        it.send_signal(signal.SIGSTOP)
        time.sleep(0.7)
        it.send_signal(signal.SIGCONT)
        wall_s, lag_s, own_s = (float(word) for word in it.communicate("\n")[0].split())
    assert 0.6 < lag_s <= wall_s
    assert own_s == wall_s - lag_s


def test_waiting_is_not_taken_off() -> None:
    with timed() as took:
        time.sleep(0.3)
    assert took.wall_s >= 0.3
    assert took.own_s >= 0.1
