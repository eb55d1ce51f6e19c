"""One worker process: imports and compiles once, then makes each run in a fork of itself.

SUMO holds one simulation a process and may take it down; the fork dies then, not the worker. A worker leaves when
the pipe to whoever started it ends.
"""

import gc
import sys
from multiprocessing.connection import Connection

from bench.work import Item, Moved, carry_out
from sumo_scenarios.supervise import Progress

READY = "ready"


def serve(pipe: Connection) -> None:
    """Make runs as they come, until the pipe ends."""
    _warm_up()
    pipe.send(READY)
    while True:
        try:
            item: Item = pipe.recv()
        except EOFError:
            return
        run_id = item.task.run_id

        def watch(progress: Progress, run_id: str = run_id) -> None:
            pipe.send(Moved(run_id, progress.time_s))  # a broken pipe ends the run: nobody waits for it

        pipe.send(carry_out(item, watch))


def _warm_up() -> None:
    """Import what every run needs; its forks then share it."""
    import libsumo  # noqa: F401, PLC0415
    import polars  # noqa: F401, PLC0415  imported, never used here: its threads would not survive a fork

    import sumo_scenarios.closed_loop  # noqa: F401, PLC0415
    from sumo_scenarios.warm_up import compile_rollout  # noqa: PLC0415

    compile_rollout()
    gc.freeze()


if __name__ == "__main__":
    try:
        serve(Connection(int(sys.argv[1])))
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(1)
