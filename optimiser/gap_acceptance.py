"""What a stream lets go that has to yield: gap acceptance against those who go first."""

from math import exp
from typing import Final

SATURATION_VEH_H: Final = 1800.0
"""What a lane lets go straight on; SUMO's drivers leave a queue every 1.9 to 2.0 s."""
CRITICAL_GAP_S: Final = 4.5
FOLLOW_UP_S: Final = 2.5
OPPOSED_PEAK: Final = 1.6
"""How much denser opposing traffic is while it has green than over the cycle."""
LEAST_YIELDING: Final = 0.1
_S_PER_H: Final = 3600.0


def yielding_share(opposed_veh_s: float) -> float:
    """Return the saturation flow of who yields, as a share of the protected one, by gap acceptance (HCM 2000, ch. 16).

    >>> yielding_share(0.0), round(yielding_share(0.1), 3), round(yielding_share(0.5), 3)
    (0.8, 0.577, 0.148)
    """
    if opposed_veh_s < 1e-6:
        return 1.0 / FOLLOW_UP_S / (SATURATION_VEH_H / _S_PER_H)
    goes = opposed_veh_s * exp(-opposed_veh_s * CRITICAL_GAP_S) / (1.0 - exp(-opposed_veh_s * FOLLOW_UP_S))
    return max(goes / (SATURATION_VEH_H / _S_PER_H), LEAST_YIELDING)
