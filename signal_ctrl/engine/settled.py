"""The state from which plans and changes of stage are rehearsed."""

from dataclasses import replace
from typing import Final

from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.state import KernelState

_LONG_AGO_DS: Final = 10_000


def settled_in(kernel: Kernel, stage: int) -> KernelState:
    """Return the state at time 0 with a stage that has been lit for long.

    Where clearances are longer at some hours it is such an hour: what is planned has to hold then, too (K9).
    """
    state = kernel.in_service(0, stage)
    groups = tuple(replace(group, since_ds=-_LONG_AGO_DS) for group in state.core.groups)
    return kernel.longer(KernelState(replace(state.core, groups=groups), 0), bool(kernel.site.longer_hours))
