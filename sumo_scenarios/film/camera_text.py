"""A camera file as the counter reads it."""

from collections.abc import Iterable

from detectors.video.camera import Camera
from detectors.video.plane import Point


def camera_text(camera: Camera, remark: str) -> str:
    """Return the TOML of a camera, as `camera_of` takes it back. Args: remark, one line of comment."""
    lines = [f"# {remark}", "[camera]", f'name = "{camera.name}"']
    lines += [f"size = [{camera.width_px}, {camera.height_px}]"] if camera.width_px is not None else []
    if camera.ground is not None:
        lines += [
            "",
            "[ground]",
            f"image = {_points(camera.ground.image)}",
            f"metres = {_points(camera.ground.metres)}",
        ]
    for line in camera.lines:
        lines += ["", "[[lines]]", f'name = "{line.name}"', f"from = {_point(line.start)}", f"to = {_point(line.end)}"]
        lines += [f'forward = "{line.forward}"', f'backward = "{line.backward}"']
        lines += [f'lane = "{line.lane}"'] if line.lane else []
    for zone in camera.zones:
        lines += ["", "[[zones]]", f'name = "{zone.name}"', f'kind = "{zone.kind.value}"']
        lines += [f"polygon = {_points(zone.polygon)}"]
        lines += [f'lane = "{zone.lane}"'] if zone.lane else []
        lines += [f"heading = {_point(zone.heading)}"] if zone.heading is not None else []
    return "\n".join(lines) + "\n"


def _point(point: Point) -> str:
    return f"[{point[0]:g}, {point[1]:g}]"


def _points(points: Iterable[Point]) -> str:
    return "[" + ", ".join(_point(point) for point in points) + "]"
