"""What the lamp showed to those who passed the stop line: amber and red runners."""

from typing import Final

import numpy as np

from sumo_scenarios.measures.context import Times
from sumo_scenarios.measures.figures import Document, share
from sumo_scenarios.measures.lamps import Lamps
from sumo_scenarios.measures.passages import Passages

GRACE_S: Final = 1.0
"""Who passes in the first second of red could not stop any more; later it is a violation. [s]"""


def passing_figures(passages: Passages, lamps: dict[str, Lamps], times: Times) -> Document:
    """Return the share of vehicles that passed on amber, and how many passed more than a second into red.

    Letters for turning on red after a stop, flashing amber and dark are no red.
    """
    grid = passages.grid
    chosen = passages.at_lamps(lamps)
    approach, link = passages.approach[chosen], passages.link[chosen]
    # Rows are places at the end of a step, lamps those in force during it: the step that ends behind the line counts.
    at_s = grid.table.time_s(grid.table.tick[passages.last_row[chosen] + 1])
    step = np.clip(np.floor((at_s - times.begin_s) / times.step_s + 1e-6), 0, times.steps - 1).astype(np.int64)
    before = np.maximum(step - round(GRACE_S / times.step_s), 0)
    amber = red = 0
    for a, k in {(int(a), int(k)) for a, k in zip(approach, link, strict=True)}:
        here = (approach == a) & (link == k)
        letters = lamps[grid.approaches[a].signal].letters[:, k]
        amber += int(np.isin(letters[step[here]], np.frombuffer(b"yY", dtype=np.uint8)).sum())
        red += int(np.count_nonzero((letters[step[here]] == ord("r")) & (letters[before[here]] == ord("r"))))
    n = len(chosen)
    return {"passed_on_amber_ratio": share(amber, n), "passed_on_red": red if n else None}
