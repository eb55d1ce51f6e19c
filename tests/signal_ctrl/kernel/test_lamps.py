from dataclasses import replace

import pytest

from signal_ctrl.domain.site import Right, SignalGroup, Site, Stage
from signal_ctrl.kernel.aspects import Aspect
from signal_ctrl.kernel.kernel import Kernel
from signal_ctrl.kernel.lamps import breaches, sumo_state
from signal_ctrl.kernel.state import Core, Mode
from tests.signal_ctrl.kernel.small_sites import MAIN, SIDE, Drive, crossroads


def wide() -> Site:
    """The crossroads with one blinking lamp, and two links for the main road."""
    groups = list(crossroads().groups)
    groups[MAIN] = replace(groups[MAIN], links=(0, 5))
    return crossroads(groups=tuple(groups), n_links=6, steady=((4, "o"),))


def lit(core: Core, group: int, aspect: Aspect, right: Right = Right.NONE) -> Core:
    groups = list(core.groups)
    groups[group] = replace(groups[group], aspect=aspect, right=right)
    return replace(core, groups=tuple(groups))


def test_one_letter_for_each_link() -> None:
    site = wide()
    core = Kernel(site).in_service(0).core
    assert sumo_state(site, core) == "GrgGoG"
    assert sumo_state(site, lit(core, MAIN, Aspect.AMBER)) == "yrgGoy"


@pytest.mark.parametrize(
    ("aspect", "letter"),
    [
        (Aspect.RED, "r"),
        (Aspect.RED_AMBER, "u"),
        (Aspect.AMBER, "y"),
        (Aspect.PED_CLEAR, "r"),
        (Aspect.DONT_WALK, "r"),
        (Aspect.FLASH_AMBER, "o"),
        (Aspect.FLASH_RED, "r"),
        (Aspect.DARK, "O"),
    ],
)
def test_letters(aspect: Aspect, letter: str) -> None:
    site = crossroads()
    assert sumo_state(site, lit(Kernel(site).in_service(0).core, SIDE, aspect))[SIDE] == letter


def test_a_stop_arrow_shows_on_red_in_service_only() -> None:
    site = crossroads(
        stages=(
            Stage("main", (Right.PROTECTED, Right.STOP, Right.PERMISSIVE, Right.PROTECTED)),
            *crossroads().stages[1:],
        )
    )
    core = Kernel(site).in_service(0).core
    assert sumo_state(site, core) == "GsgG"
    assert sumo_state(site, lit(core, SIDE, Aspect.AMBER)) == "GygG"
    assert sumo_state(site, replace(core, mode=Mode.CLEARING)) == "GrgG"


def test_a_breach_names_both_groups() -> None:
    site = crossroads()
    core = Kernel(site).in_service(0).core
    assert breaches(site, core) == ()
    assert "main green, side amber" in breaches(site, lit(core, SIDE, Aspect.AMBER))
    assert "main green, left green" in breaches(site, lit(core, 2, Aspect.GREEN, Right.PROTECTED))


def test_every_kind_of_lamp_has_been_seen_in_a_drive() -> None:
    drive = Drive(crossroads(startup_flash_ds=20), None)
    seen = {sumo_state(drive.kernel.site, drive.core)}
    for until_ds in range(1, 200):
        drive.run(until_ds)
        seen.add(sumo_state(drive.kernel.site, drive.core))
    assert {"oooO", "rrrr", "GrgG"} <= seen
    assert isinstance(drive.kernel.site.groups[0], SignalGroup)
