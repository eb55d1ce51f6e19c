"""Axes of drawings: round values, clock times, a light grid."""

from bench.svg import Canvas, Scale, clock, clock_ticks, round_ticks

Area = tuple[float, float, float, float]
"""Left, top, right and bottom of what is inside the axes, in pixels."""


def time_axes(
    canvas: Canvas,
    area: Area,
    span: tuple[float, float],
    high: float,
    unit: str,
    ticks: int = 5,
) -> tuple[Scale, Scale]:
    """Draw a time axis and one of values from 0 to a round one not below high, and return their scales."""
    left, top, right, bottom = area
    values = round_ticks(high, ticks)
    x, y = Scale(span[0], span[1], left, right), Scale(0.0, values[-1], bottom, top)
    for value in values:
        canvas.line((left, y.at(value)), (right, y.at(value)), "grid" if value else "axis")
        canvas.text((left - 6, y.at(value) + 4), f"{value:g}", "tick", "end")
    for time_s in clock_ticks(*span, wanted=max(2, int((right - left) / 90))):
        canvas.line((x.at(time_s), bottom), (x.at(time_s), bottom + 4), "axis")
        canvas.text((x.at(time_s), bottom + 17), clock(time_s), "tick", "middle")
    if unit:
        canvas.text((4, 14), unit, "unit")
    return x, y
