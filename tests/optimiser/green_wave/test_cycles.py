"""Closed cycles: an integral basis, short around the blocks of a grid."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.green_wave.cycles import cycle_basis
from signal_ctrl.domain.errors import InvalidInputError


def grid(size: int) -> list[tuple[int, int]]:
    arcs = []
    for j in range(size):
        for i in range(size):
            here = j * size + i
            near = ([here + 1] if i + 1 < size else []) + ([here + size] if j + 1 < size else [])
            for other in near:
                arcs += [(here, other), (other, here)]
    return arcs


def matrix(n_arcs: int, basis: list[tuple]) -> np.ndarray:
    found = np.zeros((len(basis), n_arcs), dtype=int)
    for row, loop in enumerate(basis):
        for part in loop:
            found[row, part.arc] += part.sign
    return found


@pytest.mark.parametrize("kind", ["short", "tree"])
def test_a_basis_is_closed_and_whole(kind: str) -> None:
    arcs = grid(4)
    basis = cycle_basis(16, arcs, kind)
    assert len(basis) == len(arcs) - 16 + 1
    rows = matrix(len(arcs), basis)
    incidence = np.zeros((len(arcs), 16), dtype=int)
    for k, (tail, head) in enumerate(arcs):
        incidence[k, tail] -= 1
        incidence[k, head] += 1
    assert not (rows @ incidence).any()
    assert abs(determinant(rows)) == 1


def determinant(rows: np.ndarray) -> Fraction:
    """Return the largest-rank minor over the links that are in no spanning tree of the basis: +-1 if it is integral."""
    left = [[Fraction(int(x)) for x in row] for row in rows]
    product, column = Fraction(1), 0
    for k in range(len(left)):
        while True:
            pivot = next((r for r in range(k, len(left)) if left[r][column] != 0), None)
            if pivot is not None:
                break
            column += 1
        left[k], left[pivot] = left[pivot], left[k]
        product *= left[k][column]
        for r in range(k + 1, len(left)):
            factor = left[r][column] / left[k][column]
            left[r] = [a - factor * b for a, b in zip(left[r], left[k], strict=True)]
        column += 1
    return product


def test_blocks_of_a_grid_are_the_short_cycles() -> None:
    lengths = sorted(len(loop) for loop in cycle_basis(36, grid(6), "short"))
    assert lengths == [2] * 60 + [4] * 25
    assert max(len(loop) for loop in cycle_basis(36, grid(6), "tree")) > 4


@given(st.integers(2, 8), st.data())
def test_whole_sums_around_the_basis_mean_whole_sums_around_all(n: int, data: st.DataObject) -> None:
    arcs = [(k, k + 1) for k in range(n - 1)]
    ends = st.integers(0, n - 1)
    arcs += [(a, b) for a, b in data.draw(st.lists(st.tuples(ends, ends), max_size=8)) if a != b]
    short = matrix(len(arcs), cycle_basis(n, arcs, "short"))
    tree = matrix(len(arcs), cycle_basis(n, arcs, "tree"))
    if len(short):
        change = np.linalg.lstsq(short.T.astype(float), tree.T.astype(float), rcond=None)[0]
        assert np.allclose(change, np.round(change), atol=1e-6)
        assert np.allclose(short.T @ np.round(change), tree.T)


def test_parts_that_do_not_hang_together_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="do not hang together"):
        cycle_basis(4, [(0, 1), (2, 3)])
