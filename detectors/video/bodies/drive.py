"""How fast bodies go, by the flow of their pixels; and where their pixels say that they are."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.video.bodies.evidence import Evidence
from detectors.video.bodies.lens import Lens
from detectors.video.bodies.member import Member
from detectors.video.bodies.shape import BODIES, PERSON, Body, Floats, silhouette
from detectors.video.tone import Image

PLACE_S: Final = 0.15  # in which a body takes over most of what is seen of its place
SPEED_S: Final = 0.2  # and of its speed
FIRST: Final = 0.7  # what is taken over at once while a body is new
DRAG: Final = 0.1  # of a step of the place goes into the speed
RESTS_MPS: Final = 0.3
DRIVES_MPS: Final = 1.5  # slower motion says nothing of the heading
TURN_M: Final = 2.0  # on so much way a heading follows the motion
FASTEST_MPS: Final = 45.0
TEXTURE: Final = 12.0  # grey levels: smoother pixels say nothing of motion
TEXTURED: Final = 6
SEEN_SHARE: Final = 0.25  # of a body in sight: with less of it nothing is told
GOOD: Final = 0.15  # worth above which the pixels speak for a body
ALONG_M: Final = (-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0)
ASIDE_M: Final = (-0.5, -0.25, 0.0, 0.25, 0.5)
STEPS_M: Final = np.stack(np.meshgrid(ALONG_M, ASIDE_M), axis=-1).reshape(-1, 2)
DOUBT: Final = 0.04 * np.hypot(*STEPS_M.T)
DOUBTFUL: Final = 0.5  # worth of a body below which another heading and another body are tried at once
SURE: Final = 0.75  # and one above which a driving body is not turned but by its motion
TURNS: Final = (-0.3, -0.1, 0.1, 0.3)  # a body that suits badly is turned by so much [rad, nearly]
SLIGHT_TURNS: Final = (-0.12, 0.12)
TURN_BETTER: Final = 0.03
BETTER: Final = 0.12  # of its area: so much more has another body to explain
SIDE_M: Final = 0.4  # half a difference of widths from which on it matters
CLASS_SEEN: Final = 0.5
SMOOTH: Final = 0.7


def flow_speed(
    member: Member, flow: NDArray[np.float32], texture: Image, labels: Image | None, rank: int, lens: Lens, dt_s: float
) -> Floats | None:
    """Return the speed over ground that the flow since the last frame gives, None if there is too little to see. [m/s]

    Args: flow and texture are of the picture shrunk by two; labels tell whose pixels they are, None for all its own.
    """
    if member.shape is None:
        return None
    spots = (member.shape.inside / 2).astype(np.intp)
    height, width = texture.shape
    spots = spots[((spots >= 0) & (spots < (width, height))).all(axis=1)]
    columns, rows = spots[:, 0], spots[:, 1]
    own = texture[rows, columns] > TEXTURE
    if labels is not None:
        own &= labels[rows * 2 + 1, columns * 2 + 1] == rank
    if own.sum() < TEXTURED:
        return None
    step = np.sort(flow[rows[own], columns[own]], axis=0)[int(own.sum()) // 2] * 2.0  # the median
    (a, b), (c, d) = lens.steps(np.array([[*member.place, member.body.height_m / 2.0]]))[0].tolist()
    spread = a * d - b * c
    if abs(spread) < 1e-6:
        return None
    speed = np.array([d * step[0] - b * step[1], a * step[1] - c * step[0]]) / (spread * dt_s)
    return speed if math.hypot(*speed) < FASTEST_MPS else None


def feel(member: Member, speed: Floats | None, dt_s: float) -> None:
    """Take a speed that was seen. [m/s]"""
    if speed is not None:
        share = 1.0 - math.exp(-dt_s / SPEED_S) if member.looks > 2 else FIRST
        member.speed = member.speed + share * (speed - member.speed)


def fit(member: Member, evidence: Evidence, rank: int, rested: bool, dt_s: float, now_s: float, lens: Lens) -> None:
    """Set a body right by its pixels; one that rests need not move. [s]"""
    if member.shape is None:
        return
    member.worth, member.seen = evidence.worth(member.shape, rank)[:2]
    if member.seen < SEEN_SHARE:
        return
    member.looks += 1
    if not rested:
        _set_right(member, evidence, rank, dt_s)
        _turn(member, dt_s)
        member.show(lens)
        if member.shape is not None:
            member.worth, member.seen = evidence.worth(member.shape, rank)[:2]
    if member.worth > GOOD:
        member.good_s = now_s


def best_step(member: Member, evidence: Evidence, rank: int, doubt: float = 1.0) -> Floats:
    """Return the step on the ground to where its pixels suit a body best. [m]"""
    assert member.shape is not None
    steps = STEPS_M[:, :1] * member.shape.ahead_px + STEPS_M[:, 1:] * member.shape.aside_px
    best = evidence.best_step(member.shape, rank, steps, DOUBT * doubt)
    step: Floats = STEPS_M[best, 0] * member.heading + STEPS_M[best, 1] * member.aside
    return step


def _set_right(member: Member, evidence: Evidence, rank: int, dt_s: float) -> None:
    off = best_step(member, evidence, rank)
    share = 1.0 - math.exp(-dt_s / PLACE_S) if member.looks > 3 else FIRST
    member.place = member.place + share * off
    if dt_s > 0.0 and member.looks > 1:
        member.speed = member.speed + DRAG * share * off / dt_s


def _turn(member: Member, dt_s: float) -> None:
    """Let the heading follow the motion."""
    member.moved_m = max(member.moved_m, math.dist(member.place, member.start))
    pace = member.pace
    if pace < DRIVES_MPS:
        return
    way = member.speed / pace
    if way @ member.heading < -0.3 and member.moved_m < TURN_M:
        member.heading = -member.heading
    mixed = member.heading + min(1.0, pace * dt_s / TURN_M) * (way - member.heading)
    member.heading = mixed / max(math.hypot(*mixed), 1e-6)


def align(member: Member, evidence: Evidence, rank: int, lens: Lens, usual: Floats | None) -> None:
    """Turn a body that suits badly, and move it, to where it suits better; `usual` is the heading of traffic there."""
    if member.shape is None:
        return
    doubtful = member.worth < DOUBTFUL
    headings = [member.heading + turn * member.aside for turn in (TURNS if doubtful else SLIGHT_TURNS)]
    if usual is not None and doubtful:
        headings.append(usual if usual @ member.heading >= 0.0 else -usual)
    kept, least = (member.place, member.heading, member.shape), evidence.suits(member.shape, rank) + TURN_BETTER
    for heading in headings:
        member.place, member.heading = kept[0], heading / math.hypot(*heading)
        member.show(lens)
        if member.shape is None:
            continue
        member.place = member.place + best_step(member, evidence, rank)
        member.show(lens)
        if member.shape is not None and (suits := evidence.suits(member.shape, rank)) > least:
            kept, least = (member.place, member.heading, member.shape), suits
    member.place, member.heading, member.shape = kept


def classify(member: Member, evidence: Evidence, rank: int, lens: Lens) -> None:
    """Take the body that explains more than the present one does, if it has done so for a while."""
    if member.shape is None or member.seen < CLASS_SEEN:
        return
    toward = 1.0 if (lens.place[:2] - member.place) @ member.heading > 0 else -1.0
    near = member.place + toward * member.heading * member.body.length_m / 2.0  # the end that faces the camera stays
    places: dict[Body, Floats] = {}
    for body in BODIES:
        if body is PERSON:
            continue
        found = [
            (evidence.worth(shape, rank)[2] / member.shape.area_px, place)
            for place in _beside(member, body, near - toward * member.heading * body.length_m / 2.0)
            if (shape := silhouette(lens, body, place, member.heading)) is not None
        ]
        if found:
            score, places[body] = max(found, key=lambda each: each[0])
            member.scores[body] = SMOOTH * member.scores.get(body, score) + (1.0 - SMOOTH) * score
    best = max(places, key=lambda body: member.scores[body], default=member.body)
    if best is not member.body and member.scores[best] > member.scores.get(member.body, -np.inf) + BETTER:
        member.place, member.body, member.scores = places[best], best, {}
        member.show(lens)


def _beside(member: Member, body: Body, place: Floats) -> list[Floats]:
    """Return where another body may stand: one far wider or narrower with either side where it is now. [m]"""
    wider_m = (body.width_m - member.body.width_m) / 2.0
    if abs(wider_m) < SIDE_M:
        return [place]
    return [place + side * wider_m * member.aside for side in (-1.0, 0.0, 1.0)]
