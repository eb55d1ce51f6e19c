"""Why people of the made-up town drive, when, and what keeps them at home."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why people drive: the share of a kind's people who do so on a working day, a Saturday and a Sunday.

    `go_h` and `stay_h` are mean and standard deviation of when they pass on the way there and of how long they stay
    [h]; `moods`, by how much the share of drivers differs from day to day (of 1); `commute`, that rain and fog shift.
    """

    name: str
    share: tuple[float, float, float]
    go_h: tuple[float, float]
    stay_h: tuple[float, float]
    moods: float
    dry: float
    commute: bool = False


PURPOSES: Final = (
    Purpose("early shift", (0.80, 0.45, 0.30), (5.6, 0.30), (8.6, 0.25), 0.05, 0.00, True),
    Purpose("office", (0.74, 0.06, 0.03), (7.9, 0.72), (9.1, 0.85), 0.08, -0.05, True),
    Purpose("school", (0.85, 0.05, 0.02), (7.55, 0.18), (6.3, 1.20), 0.05, -0.20, True),
    Purpose("errand", (0.50, 0.70, 0.18), (10.4, 1.70), (1.1, 0.60), 0.10, 0.22),
    Purpose("shopping", (0.38, 0.75, 0.10), (15.2, 2.30), (1.4, 0.60), 0.12, 0.25),
    Purpose("leisure", (0.40, 0.62, 0.60), (18.4, 1.60), (2.6, 0.90), 0.14, 0.30),
    Purpose("outing", (0.03, 0.30, 0.55), (11.2, 1.30), (4.6, 1.30), 0.25, 0.45),
    Purpose("delivery", (0.80, 0.30, 0.05), (9.6, 2.40), (3.0, 2.00), 0.07, 0.00),
    Purpose("through", (0.70, 0.62, 0.55), (12.6, 4.60), (5.0, 3.00), 0.06, 0.05),
    Purpose("night", (0.50, 0.70, 0.60), (23.4, 1.40), (3.2, 1.60), 0.15, 0.05),
)
