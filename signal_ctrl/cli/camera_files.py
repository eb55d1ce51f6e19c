"""Camera files as commands need them."""

from pathlib import Path
from typing import TYPE_CHECKING

from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from detectors.video.camera import Camera
    from detectors.video.capture.pictures import Frame


def read_camera_file(path: Path) -> "Camera":
    """Return the camera of a file. Raises: InvalidInputError in one line."""
    from detectors.video.camera_file import read_camera
    from signal_ctrl.gateways.whole_file import read_whole

    return read_camera(read_whole(path, "camera file", 1 << 20), str(path))


def fitted_to(camera: "Camera", path: Path, frame: "Frame") -> "Camera":
    """Return the camera for pictures of this size. Raises: InvalidInputError with the camera file's name."""
    from detectors.video.camera_file import fitted

    try:
        return fitted(camera, frame.shape[1], frame.shape[0])
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error
