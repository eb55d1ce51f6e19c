"""How the camera renders the background in this frame: exposure and white balance, fitted to the background.

A camera that opens or closes its iris changes grey levels by a curve, not by a difference. The curve is read off the
picture itself: per colour channel and level of the background, the median ratio of frame and background over sample
points; vehicles are few against the points of a level, so the median does not see them.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Curve = NDArray[np.uint8]

LEVELS: Final = np.arange(256, dtype=np.float64)
BINS: Final = 12
SHIFT: Final = 4.0  # keeps the ratio of dark levels from being noise
LEAST_SHARE: Final = 0.01  # of the sample points: fewer in a level say nothing
MID: Final = slice(96, 160)  # levels that tell the exposure
LEAST_GAIN: Final = 0.2
MOST_GAIN: Final = 5.0


def as_image(value: object) -> Image:
    """Return what OpenCV gave back as an image of whole grey levels, without a copy."""
    return np.asarray(value, dtype=np.uint8)


def tone_curve(background: NDArray[np.uint8], frame: NDArray[np.uint8], bent: bool = True) -> Curve:
    """Return the curve (256, 1, 3) that takes the background to the look of the frame.

    Args: sample points of both, (n, 3); n may be 0, then the curve changes nothing; bent, or one factor for all levels.
    """
    if len(background) == 0:
        return np.repeat(LEVELS, 3).reshape(256, 1, 3).astype(np.uint8)
    columns = [_channel(background[:, at], frame[:, at], bent) for at in range(3)]
    return np.stack(columns, axis=1).reshape(256, 1, 3)


def _channel(background: NDArray[np.uint8], frame: NDArray[np.uint8], bent: bool) -> NDArray[np.uint8]:
    ratio = (frame + SHIFT) / (background + SHIFT)
    overall = float(np.median(ratio))
    if not bent:
        gain = min(max(overall, LEAST_GAIN), MOST_GAIN)
        return np.asarray(((LEVELS + SHIFT) * gain - SHIFT).round().clip(0, 255), dtype=np.uint8)
    order = np.argsort(background, kind="stable")
    parts = np.array_split(order, BINS)  # levels that hold equally many points each
    levels = np.array([background[part].mean() for part in parts if len(part)])
    gains = np.array([_median(ratio[part]) for part in parts if len(part)])
    gains = np.clip(gains, 0.5 * overall, 2.0 * overall).clip(LEAST_GAIN, MOST_GAIN)
    curve = np.interp(LEVELS, levels, gains) * (LEVELS + SHIFT) - SHIFT
    return np.asarray(curve.round().clip(0, 255), dtype=np.uint8)


def _median(values: NDArray[np.float64]) -> float:
    """Return the median; of a thousand values numpy's own takes four times as long."""
    half = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, half)[half])
    parts = np.partition(values, (half - 1, half))
    return float(parts[half - 1] + parts[half]) / 2.0


def inverse_of(curve: Curve) -> Curve:
    """Return the curve that takes the frame back to the exposure of the background, by one factor per channel.

    A background that follows by the bent curve would lose its contrast bit by bit, with nothing to hold it.
    """
    gains = curve[MID, 0, :].astype(float).mean(axis=0) / LEVELS[MID].mean()
    return np.asarray((LEVELS[:, None, None] / np.maximum(gains, LEAST_GAIN)).round().clip(0, 255), dtype=np.uint8)
