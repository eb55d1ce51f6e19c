"""What a programme's parameters ask for on behalf of people on foot, and the site that it makes.

`signal-ctrl.lead_s`: seconds by which WALK goes ahead of vehicles that yield to it. `signal-ctrl.longer_s`,
`signal-ctrl.longer_hours`, `signal-ctrl.zone`: by how much clearances are longer at some hours, when
(`0-4@07:00-08:30 0-4@16:00-17:30`, Monday is 0), and by whose clock. `signal-ctrl.scramble`: `added`, a stage in which
all crossings show WALK and no vehicle goes; `exclusive`, they show it in no other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import DayHours, GroupKind, Right, SignalGroup, Stage
from signal_ctrl.domain.timing import ceil_ds
from sumo_scenarios.xml_input import parse_time_s

LEAD: Final = "signal-ctrl.lead_s"
LONGER: Final = "signal-ctrl.longer_s"
HOURS: Final = "signal-ctrl.longer_hours"
ZONE: Final = "signal-ctrl.zone"
SCRAMBLE: Final = "signal-ctrl.scramble"
SCRAMBLES: Final = ("", "added", "exclusive")
USUAL_ZONE: Final = "Asia/Shanghai"
_ROW: Final = re.compile(r"([0-6])-([0-6])@(\d{2}):(\d{2})-(\d{2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class WalkingOptions:
    """Options of one signal. [ds]"""

    lead_ds: int = 0
    longer_ds: int = 0
    hours: tuple[DayHours, ...] = ()
    zone: str = ""
    scramble: str = ""

    def group(self, group: SignalGroup) -> SignalGroup:
        """Return a group with what is asked for crossings."""
        if group.kind is not GroupKind.CROSSING:
            return group
        return replace(group, lead_ds=self.lead_ds, longer_ds=self.longer_ds)

    def stages(
        self, groups: Sequence[SignalGroup], stages: tuple[Stage, ...], chosen: Mapping[str, tuple[int, ...]]
    ) -> tuple[tuple[Stage, ...], dict[str, tuple[int, ...]]]:
        """Return the stages, and those of each programme (indices), with one for all crossings at once if asked for."""
        walks = [group.kind is GroupKind.CROSSING for group in groups]
        if not self.scramble or not any(walks):
            return stages, dict(chosen)
        if self.scramble == "exclusive":
            stages = tuple(
                replace(stage, rights=tuple(Right.NONE if w else r for r, w in zip(stage.rights, walks, strict=True)))
                for stage in stages
            )
        scramble = Stage("scramble", tuple(Right.PROTECTED if walk else Right.NONE for walk in walks))
        gained = {name: (*own, len(stages)) if len(own) > 1 else own for name, own in chosen.items()}
        return (*stages, scramble), gained


def walking_options(parameters: Mapping[str, str], quantum_ds: int) -> WalkingOptions:
    """Return the options that parameters of a programme ask for. Raises: InvalidInputError for what cannot be."""
    scramble = parameters.get(SCRAMBLE, "")
    if scramble not in SCRAMBLES:
        raise InvalidInputError(f"{SCRAMBLE} is added or exclusive, not '{scramble}'")
    longer_ds = ceil_ds(parse_time_s(parameters.get(LONGER, "0")), quantum_ds)
    hours = tuple(_hours(row) for row in parameters.get(HOURS, "").split())
    if bool(longer_ds) is not bool(hours):
        raise InvalidInputError(f"{LONGER} and {HOURS} go together")
    zone = parameters.get(ZONE, USUAL_ZONE) if longer_ds else ""
    return WalkingOptions(
        ceil_ds(parse_time_s(parameters.get(LEAD, "0")), quantum_ds), longer_ds, hours, zone, scramble
    )


def _hours(text: str) -> DayHours:
    found = _ROW.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"{HOURS} wants rows like 0-4@07:00-08:30, got '{text}'")
    first, last, *clock = map(int, found.groups())
    return DayHours(tuple(range(first, last + 1)), clock[0] * 60 + clock[1], clock[2] * 60 + clock[3])
