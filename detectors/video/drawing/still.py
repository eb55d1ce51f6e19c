"""One picture out of many: the empty road."""

from collections.abc import Sequence

import cv2
import numpy as np

from detectors.video.capture.pictures import Frame


def median_picture(frames: Sequence[Frame]) -> Frame:
    """Return the median of pictures of one size, pixel by pixel: what passes is in few of them and vanishes."""
    return np.asarray(np.median(np.stack(frames), axis=0), dtype=np.uint8)


def enlarged(frame: Frame, least_width_px: int) -> Frame:
    """Return the picture, at least so wide."""
    factor = -(-least_width_px // frame.shape[1])
    if factor <= 1:
        return frame
    size = (frame.shape[1] * factor, frame.shape[0] * factor)
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
