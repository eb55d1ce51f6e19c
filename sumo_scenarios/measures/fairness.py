"""Fairness: how much longer drivers wait on the worst approach than on the average one."""

from typing import Final

import numpy as np

from sumo_scenarios.measures.figures import Document, mean, rounded
from sumo_scenarios.measures.passages import SHORTEST_M, Passages

FEWEST_VEH: Final = 10
"""Approaches with fewer passages are left out: their mean is chance."""


def fairness_figures(passages: Passages) -> tuple[Document, Document]:
    """Return the mean delay over the worst approach and over all passages [s/veh], their ratio, and the table."""
    approaches = passages.grid.approaches
    n = len(approaches)
    counts = np.bincount(passages.approach, minlength=n)
    delays_s = np.bincount(passages.approach, weights=passages.delay_s, minlength=n)
    long = np.array([approach.length_m >= SHORTEST_M for approach in approaches], dtype=np.bool_)
    told = np.flatnonzero((counts >= FEWEST_VEH) & long)
    means_s = delays_s[told] / counts[told]
    table = {
        "signal": [approaches[k].signal for k in told],
        "edge": [approaches[k].edge_id for k in told],
        "vehicles": counts[told].tolist(),
        "delay_s_per_vehicle": [rounded(value) for value in means_s],
    }
    if not len(told):
        return dict.fromkeys(_NAMES), {"approach_delay": table}
    worst = int(np.argmax(means_s))
    overall_s = float(delays_s[told].sum() / counts[told].sum())
    return {
        "approach_delay_s": rounded(overall_s),
        "worst_approach_delay_s": rounded(means_s[worst]),
        "worst_approach": approaches[told[worst]].approach_id,
        "fairness_ratio": rounded(means_s[worst] / overall_s) if overall_s > 0 else None,
        "approach_delay_spread_s": mean(np.abs(means_s - overall_s)),
    }, {"approach_delay": table}


_NAMES: Final = (
    "approach_delay_s", "worst_approach_delay_s", "worst_approach", "fairness_ratio", "approach_delay_spread_s",
)  # fmt: skip
