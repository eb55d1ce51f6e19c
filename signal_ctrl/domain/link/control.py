"""Who decides at a junction: a word of the orders of its cabinet."""

from enum import Enum


class ControlMode(Enum):
    """Who decides: the plan alone, the plan while adaptive control advises, or adaptive control over the plan."""

    PLAN = "plan"
    SHADOW = "shadow"
    ADAPTIVE = "adaptive"
