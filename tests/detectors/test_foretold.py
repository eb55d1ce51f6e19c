from dataclasses import replace

import numpy as np

from detectors.foretold import with_foretold
from detectors.view_builder import MAX_VEHICLES, Expected, build_view
from signal_ctrl.domain.view import JunctionView


def view(lanes: list[list[Expected]]) -> JunctionView:
    n = len(lanes)
    return build_view(lanes, [0] * n, np.ones(n), np.ones(1), [0.0] * n, [0.0], [2.0] * n, [False] * n)


def test_who_is_foretold_stands_behind_those_who_are_seen() -> None:
    seen = view([[Expected(3.0, 0, 1.0, 7)], []])
    found = with_foretold(
        seen, [(0, Expected(2.0, 1, 0.8, 9)), (1, Expected(40.0, 2, 0.5, 8)), (0, Expected(30.0, 0, 0.8, 5))]
    )
    assert found.n_vehicles.tolist() == [3, 1]
    assert found.key[0, :3].tolist() == [7, 9, 5]
    assert found.eta_s[0, :3].tolist() == [3.0, 3.0, 30.0]
    assert found.movement[1, 0] == 2
    assert found.presence[1, 0] == 0.5
    assert seen.n_vehicles.tolist() == [1, 0]
    assert seen.key[0, 1] == 0


def test_a_lane_takes_no_more_than_a_view_holds() -> None:
    seen = view([[Expected(float(k), 0, 1.0, k) for k in range(MAX_VEHICLES - 1)]])
    found = with_foretold(seen, [(0, Expected(99.0, 0, 0.8, 1000 + k)) for k in range(3)])
    assert found.n_vehicles.tolist() == [MAX_VEHICLES]


def test_a_narrow_view_is_widened() -> None:
    wide = view([[]])
    narrow = replace(
        wide, eta_s=wide.eta_s[:, :0], movement=wide.movement[:, :0], presence=wide.presence[:, :0],
        key=wide.key[:, :0], late_s=np.zeros(0),
    )  # fmt: skip
    found = with_foretold(narrow, [(0, Expected(5.0, 0, 0.8, 3))])
    assert (found.n_vehicles.tolist(), found.eta_s[0, 0], found.late_s.size) == ([1], 5.0, 0)


def test_nothing_foretold_changes_nothing() -> None:
    seen = view([[Expected(3.0, 0, 1.0, 7)]])
    assert with_foretold(seen, []) is seen
