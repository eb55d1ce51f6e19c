"""A drafted camera file as text, with a word on every line in it."""

from detectors.video.draft.proposal import Proposed

_HEAD = """# Camera file, drafted from {video}: {seen_s:.0f} s with {paths} vehicles that could be followed.
# Look at it with: signal-ctrl camera show THIS_FILE --video {video} --out picture.png
# Coordinates are pixels of the picture: x to the right, y downwards, from the top left corner.
# Take away the lines you do not want, move the others, give names that you will know again.

[camera]
name = "{name}"
size = [{width}, {height}]
"""

_TAIL = """
# For speeds, queues in metres and classes, tell where four or more points of the road lie on the ground: [ground]
# takes their pixels and their metres, in the same order. Measure a rectangle on the road, or use lane markings.
#
# [ground]
# image = [[x, y], [x, y], [x, y], [x, y]]
# metres = [[0, 0], [3.5, 0], [3.5, 20], [0, 20]]
#
# A zone tells whether a vehicle is there ("presence"), how long a queue is ("queue"), or only raises alarms ("watch").
#
# [[zones]]
# name = "stop line"
# kind = "presence"
# polygon = [[x, y], [x, y], [x, y], [x, y]]
"""


def draft_text(
    proposed: tuple[Proposed, ...], name: str, video: str, shape: tuple[int, int], seen_s: float, paths: int
) -> str:
    """Return the camera file. Args: shape, height and width of the picture [px]; seen_s, how long was watched. [s]"""
    head = _HEAD.format(video=video, seen_s=seen_s, paths=paths, name=name, width=shape[1], height=shape[0])
    return head + "".join(_table(each) for each in proposed) + _TAIL


def _table(proposed: Proposed) -> str:
    line = proposed.line
    rows = [
        "",
        f"# {proposed.why[0].upper()}{proposed.why[1:]}.",
        "[[lines]]",
        f'name = "{line.name}"',
        f"from = [{line.start[0]:.0f}, {line.start[1]:.0f}]",
        f"to = [{line.end[0]:.0f}, {line.end[1]:.0f}]",
        f'forward = "{line.forward}"',
        f'backward = "{line.backward}"',
    ]
    if line.lane is not None:
        rows.append(f'lane = "{line.lane}"')
    if proposed.doubt:
        rows = ["", f"# Not proposed, for {proposed.doubt}. Take the '# ' away if it is traffic.", *rows[1:]]
        rows = [row if not row or row.startswith("#") else f"# {row}" for row in rows]
    return "\n".join(rows) + "\n"
