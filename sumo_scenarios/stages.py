"""From the rows of a programme to stages: which groups are green together when nobody is on the way."""

from collections.abc import Sequence
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.site import Right, Stage
from sumo_scenarios.programmes import Programme, Step
from sumo_scenarios.signal_source import SignalSource

SHORTEST_STAGE_S: Final = 5.0
RIGHTS: Final = {"G": Right.PROTECTED, "g": Right.PERMISSIVE, "s": Right.STOP}

Rights = tuple[Right, ...]


def stages_of(
    source: SignalSource, members: Sequence[tuple[int, ...]]
) -> tuple[tuple[Stage, ...], dict[str, tuple[int, ...]]]:
    """Return all stages, and those of each programme in force (indices), in its order.

    Raises: InvalidInputError if no programme shows any green.
    """
    stages: dict[Rights, int] = {}
    by_programme = {}
    for programme in source.programmes:
        kept = kept_rights(programme, members)
        by_programme[programme.programme_id] = tuple(stages.setdefault(rights, len(stages)) for rights in kept)
    if not stages:
        raise InvalidInputError(f"signal {source.signal}: its programme shows no green")
    return tuple(Stage(f"s{i + 1}", rights) for i, rights in enumerate(stages)), by_programme


def kept_rights(programme: Programme, members: Sequence[tuple[int, ...]]) -> list[Rights]:
    """Return the rights of a programme's stages, none twice: rows long enough, and those that alone serve somebody.

    A row with somebody on the way (amber, red-amber) counts only for those whom no other row serves.
    """
    rows = [(index, step, _rights(step, members)) for index, step in enumerate(programme.steps)]
    kept = {index: rights for index, step, rights in rows if step.is_stage and step.longest_s >= SHORTEST_STAGE_S}
    spare = [row for row in rows if row[1].has_green and row[0] not in kept]
    for index, _, rights in sorted(spare, key=lambda row: (not row[1].is_stage, -row[1].longest_s)):
        served = {g for own in kept.values() for g in _served(own)}
        if _served(rights) - served:
            kept[index] = rights
    distinct = list(dict.fromkeys(kept[index] for index in sorted(kept)))
    return [rights for rights in distinct if not any(_within(rights, other) for other in distinct)]


def _rights(step: Step, members: Sequence[tuple[int, ...]]) -> Rights:
    return tuple(RIGHTS.get(step.state[links[0]], Right.NONE) for links in members)


def _served(rights: Rights) -> set[int]:
    return {g for g, right in enumerate(rights) if right.is_green}


def _within(rights: Rights, other: Rights) -> bool:
    """Return whether another stage gives everybody at least as much: this one is a row on the way to or from it."""
    return rights != other and all(a <= b for a, b in zip(rights, other, strict=True))
