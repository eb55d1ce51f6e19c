"""What was expected, written down, read again and held against what happened."""

from pathlib import Path

import numpy as np
import pytest

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.predictions import Prediction, prediction_table, read_predictions, write_predictions
from sumo_scenarios.measures.waiting import Waits

ROWS = (
    Prediction("J", 60.0, 20, 0, -1, 0, 30.0),
    Prediction("J", 80.0, 10, 0, 2, 4, 5.0),
    Prediction("J", 130.0, 20, 2, -1, 0, 0.0),
    Prediction("K,1", 60.0, 20, 1, 0, 0, 2.0),
)


def test_predictions_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.csv", ROWS)
    assert read_predictions(tmp_path / "p.csv") == ROWS


@pytest.mark.parametrize("text", ["a\nJ,60.0,20,0\n", "a\nJ,60.0,20,0,-1,0,many\n", "a\nJ,1,2,3,4,5,6,7\n"])
def test_damaged_predictions_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(BackendError, match=r"p\.csv"):
        read_predictions(tmp_path / "p.csv")
    with pytest.raises(BackendError, match="cannot write"):
        write_predictions(tmp_path / "no" / "p.csv", ROWS)


def test_errors_are_means_over_the_decisions_of_a_minute() -> None:
    """One vehicle waits at J from 70 to 90 s: 10 of the 20 s after 60 s, all 10 s after 80 s; another came at 79 s."""
    waits = Waits(np.array([60.0, 79.0]), np.array([70.0, 85.0]), np.array([90.0, 89.0]))
    happened = {"J": waits, "K,1": Waits(*[np.zeros(0)] * 3)}
    found = prediction_table(ROWS, happened, end_s=149.0)
    assert found == {
        "signal": ["J", "K,1"], "from_s": [60.0, 60.0], "decisions": [2, 1],
        "expected_veh": [(1.5 + 0.5) / 2, 0.1], "happened_veh": [(0.5 + 1.4) / 2, 0.0],
        "newcomers_veh": [0.0, 0.0], "error_size_veh": [(1.0 + 0.9) / 2, 0.1],
    }  # fmt: skip
    assert prediction_table(ROWS, happened, end_s=150.0)["from_s"] == [60.0, 120.0, 60.0]
