"""Why a stage was chosen, in plain words with the costs that decided. Stages are counted from 1, as on the street."""

from collections.abc import Sequence
from typing import Final

Candidate = tuple[int, float, float]
"""Stage from 0, start from now [s], predicted cost [veh s]."""
_WHOLE_FROM: Final = 9.95


def in_words(present: int, choice: int, candidates: Sequence[Candidate]) -> str:
    """Return what was chosen and what the other ways would have cost.

    Args: present, the stage that is lit; choice, the stage decided for; candidates, all or the cheapest of each stage,
    at least one.
    >>> in_words(1, 1, [(0, 0.0, 71.2), (1, 0.0, 30.0)])
    'keep stage 2: changing to stage 1 now would cost 41 veh s more'
    >>> in_words(1, 1, [(0, 0.0, 71.2), (0, 5.0, 22.0), (1, 0.0, 30.0)])
    'keep stage 2 for now: changing to stage 1 in 5 s is cheapest; now would cost 49 veh s more, never 8.0'
    >>> in_words(1, 0, [(0, 0.0, 20.0), (1, 0.0, 61.0)])
    'change to stage 1 now: keeping stage 2 would cost 41 veh s more'
    >>> in_words(1, 0, [(0, 0.0, 20.0), (0, 3.0, 18.5)])
    'change to stage 1 now; in 3 s would be cheaper by 1.5, but it was put off long enough'
    """
    best = min(candidates, key=lambda each: each[2])
    keeping = next((each for each in candidates if each[0] == present), None)
    if choice != present:
        return _changing(present, choice, candidates, best, keeping)
    if best[0] == present:
        return f"keep stage {present + 1}: {_dearer(present, candidates, best)}"
    return f"keep stage {present + 1} for now: {_later(candidates, best, keeping)}"


def _changing(
    present: int, choice: int, candidates: Sequence[Candidate], best: Candidate, keeping: Candidate | None
) -> str:
    now = _of(candidates, choice)
    words = f"change to stage {choice + 1} now"
    if keeping is not None:
        words += f": keeping stage {present + 1} would cost {_veh_s(keeping[2] - (now or best)[2])} veh s more"
    if best[1] > 0:
        saved = "" if now is None else f" by {_veh_s(now[2] - best[2])}"
        words += f"; in {best[1]:g} s would be cheaper{saved}, but it was put off long enough"
    return words


def _dearer(present: int, candidates: Sequence[Candidate], best: Candidate) -> str:
    others = [each for each in candidates if each[0] != present]
    if not others:
        return "there is no other stage to choose"
    nearest = min([each for each in others if each[1] == 0.0] or others, key=lambda each: each[2])
    when = "now" if nearest[1] == 0.0 else f"in {nearest[1]:g} s"
    return f"changing to stage {nearest[0] + 1} {when} would cost {_veh_s(nearest[2] - best[2])} veh s more"


def _later(candidates: Sequence[Candidate], best: Candidate, keeping: Candidate | None) -> str:
    now = _of(candidates, best[0])
    dearer = [f"now would cost {_veh_s(now[2] - best[2])} veh s more"] if now is not None else []
    if keeping is not None:
        more = _veh_s(keeping[2] - best[2])
        dearer.append(f"never {more}" if dearer else f"never would cost {more} veh s more")
    return "; ".join(
        [f"changing to stage {best[0] + 1} in {best[1]:g} s is cheapest", *[", ".join(dearer)] * bool(dearer)]
    )


def _of(candidates: Sequence[Candidate], stage: int) -> Candidate | None:
    """Return the candidate that changes to a stage now."""
    return next((each for each in candidates if each[0] == stage and each[1] == 0.0), None)


def _veh_s(cost: float) -> str:
    return f"{cost:.0f}" if cost >= _WHOLE_FROM else f"{cost:.1f}"
