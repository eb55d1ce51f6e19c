"""Independent closed cycles of a network of links, such that any whole numbers around them give offsets.

Each cycle holds a link that none before it has, so the cycles are an integral basis: where the sums around them are
whole, so are those around every other closed cycle.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from signal_ctrl.domain.errors import InvalidInputError

Arc = tuple[int, int]


class SignedArc(NamedTuple):
    """A link of a closed cycle, by index, driven along (1) or against its direction (-1)."""

    arc: int
    sign: int


def cycle_basis(n_nodes: int, arcs: Sequence[Arc], kind: str = "short") -> list[tuple[SignedArc, ...]]:
    """Return len(arcs) - n_nodes + 1 closed cycles.

    `short`: each link is closed by the shortest way over links taken before it, nodes in the order of their distance;
    around the blocks of a grid these are the blocks. `tree`: closed over one tree alone; the integers are then those of
    the node potentials, one a link, with the links of the tree set to 0.
    Raises: InvalidInputError where the links leave the nodes in several parts.
    >>> cycle_basis(2, [(0, 1), (1, 0)])
    [(SignedArc(arc=1, sign=1), SignedArc(arc=0, sign=1))]
    """
    place = {node: k for k, node in enumerate(order_of(n_nodes, arcs))}
    if len(place) < n_nodes:
        raise InvalidInputError("the streets do not hang together: plan each part by itself")
    order = sorted(range(len(arcs)), key=lambda a: (max(place[v] for v in arcs[a]), min(place[v] for v in arcs[a]), a))
    taken: dict[int, list[tuple[int, SignedArc]]] = {node: [] for node in range(n_nodes)}
    reached, found = {arcs[order[0]][0]} if order else set(), []
    for index in order:
        tail, head = arcs[index]
        new = not {tail, head} <= reached
        if not new:
            found.append((SignedArc(index, 1), *_way(taken, head, tail)))
        if new or kind == "short":
            taken[tail].append((head, SignedArc(index, 1)))
            taken[head].append((tail, SignedArc(index, -1)))
        reached |= {tail, head}
    return found


def order_of(n_nodes: int, arcs: Sequence[Arc]) -> list[int]:
    """Return the nodes that hang together with the first one in order of their distance from it, in links."""
    near: dict[int, list[int]] = {node: [] for node in range(n_nodes)}
    for tail, head in arcs:
        near[tail].append(head)
        near[head].append(tail)
    found = list(dict.fromkeys([0] if n_nodes else []))
    for node in found:
        found += [other for other in dict.fromkeys(near[node]) if other not in found]
    return found


def _way(taken: dict[int, list[tuple[int, SignedArc]]], start: int, end: int) -> tuple[SignedArc, ...]:
    """Return the shortest way between two nodes."""
    before: dict[int, tuple[int, SignedArc]] = {}
    queue = deque([start])
    while queue and end not in before:
        node = queue.popleft()
        for other, arc in taken[node]:
            if other not in before and other != start:
                before[other] = (node, arc)
                queue.append(other)
    found, node = [], end
    while node != start:
        node, arc = before[node]
        found.append(arc)
    return tuple(reversed(found))
