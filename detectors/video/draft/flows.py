"""Flows: paths that lie on each other and lead the same way."""

from typing import Final

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from detectors.video.draft.paths import Array, Path

APART: Final = 1.2
"""Paths that are farther from each other, in sizes of a vehicle, are of different flows."""
_TURNED: Final = 1.5
"""What a right angle between two paths adds to their distance: enough to part them."""


def flows_of(paths: tuple[Path, ...]) -> tuple[tuple[Path, ...], ...]:
    """Return the flows, those with the most paths first: average linkage of `distance`."""
    if len(paths) < 2:
        return (paths,) if paths else ()
    table = np.zeros((len(paths), len(paths)))
    for a, one in enumerate(paths):
        for b in range(a):
            table[a, b] = table[b, a] = distance(one, paths[b])
    numbers = fcluster(linkage(squareform(table), "average"), APART, "distance")
    flows = [tuple(p for p, n in zip(paths, numbers, strict=True) if n == number) for number in sorted(set(numbers))]
    return tuple(sorted(flows, key=lambda flow: (-len(flow), tuple(flow[0].points[0]))))


def distance(one: Path, other: Path) -> float:
    """Return how far two paths are apart, in sizes of a vehicle; a path that is part of another is at 0 from it."""
    return min(_from(one, other), _from(other, one))


def middle_of(flow: tuple[Path, ...]) -> Path:
    """Return a long path in the middle of a flow."""
    lengths = [float(np.linalg.norm(np.diff(path.points, axis=0), axis=1).sum()) for path in flow]
    long = [path for path, length in zip(flow, lengths, strict=True) if length >= np.median(lengths)]
    return min(long, key=lambda path: sum(distance(path, other) for other in flow))


def _from(one: Path, other: Path) -> float:
    apart: Array = np.linalg.norm(one.points[:, None, :] - other.points[None, :, :], axis=2) / one.scales[:, None]
    turned = 1.0 - one.steps @ other.steps.T
    return float((apart + _TURNED * turned).min(axis=1).mean())
