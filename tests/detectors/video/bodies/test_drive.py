"""A body is set right by its pixels: turned, moved, taken for another one, dropped where another stands."""

import cv2
import numpy as np
import pytest

from detectors.video.bodies.crowd import Crowd
from detectors.video.bodies.drive import align, classify
from detectors.video.bodies.evidence import Evidence, evidence_of
from detectors.video.bodies.lens import Lens
from detectors.video.bodies.member import Member
from detectors.video.bodies.shape import CAR, LORRY, TWO_WHEELER, Body, silhouette
from detectors.video.bodies.ways import Ways
from detectors.video.motion import Motion
from tests.detectors.video.bodies.test_lens import known, lens

PLACE = np.array([0.5, 24.0])
TOWARD = np.array([0.0, -1.0])  # the camera


@pytest.fixture
def view() -> Lens:
    found = lens(known(10.0, 25.0, 554.0))
    assert found is not None
    return found


def mask(view: Lens, *bodies: tuple[Body, np.ndarray]) -> np.ndarray:
    """Return a mask (360, 640) of what differs: the silhouettes of bodies at places [m], towards the camera."""
    differs = np.zeros((360, 640), np.uint8)
    for body, place in bodies:
        shape = silhouette(view, body, place, TOWARD)
        assert shape is not None
        cv2.fillConvexPoly(differs, np.round(shape.hull).astype(np.int32), (255,))
    return differs


def member(view: Lens, body: Body, place: np.ndarray, heading: np.ndarray = TOWARD, number: int = 1) -> Member:
    found = Member(number, body, place, heading, np.zeros(2), place, 0.0, looks=20)
    found.show(view)
    return found


def evidence(differs: np.ndarray, own: Member) -> Evidence:
    found = evidence_of(differs, differs, [own.shape], False)
    assert own.shape is not None
    own.worth, own.seen, _ = found.worth(own.shape, 1)
    return found


@pytest.mark.parametrize("turn", [-0.5, 0.5])
@pytest.mark.parametrize("usual", [None, TOWARD])
def test_a_body_askew_is_turned_to_its_pixels(view: Lens, turn: float, usual: np.ndarray | None) -> None:
    askew = np.array([np.sin(turn), -np.cos(turn)])
    own = member(view, CAR, PLACE + np.array([0.4, 0.6]), askew)
    differs = mask(view, (CAR, PLACE))
    before = evidence(differs, own).suits(own.shape, 1)
    for _ in range(4):
        own.worth = 0.0
        align(own, evidence(differs, own), 1, view, usual)
    assert own.shape is not None
    assert own.heading @ TOWARD > np.cos(0.3)
    assert np.hypot(*(own.place - PLACE)) < 0.6
    assert evidence(differs, own).suits(own.shape, 1) > before + 0.1


def test_one_that_suits_stays(view: Lens) -> None:
    own = member(view, CAR, PLACE)
    align(own, evidence(mask(view, (CAR, PLACE)), own), 1, view, np.array([1.0, 0.0]))
    assert own.place == pytest.approx(PLACE, abs=0.3) and own.heading == pytest.approx(TOWARD, abs=0.15)


@pytest.mark.parametrize("side", [-0.55, 0.55])
def test_what_was_taken_for_a_bicycle_at_a_cars_side_becomes_the_car(view: Lens, side: float) -> None:
    differs = mask(view, (CAR, PLACE))
    own = member(view, TWO_WHEELER, PLACE + np.array([side, -1.2]))
    for _ in range(12):
        classify(own, evidence(differs, own), 1, view)
    assert own.body.width_m > 1.5
    assert own.place[0] == pytest.approx(PLACE[0], abs=0.35)


def test_a_lorry_over_a_car_and_a_gap_becomes_the_car(view: Lens) -> None:
    differs = mask(view, (CAR, PLACE))
    own = member(view, LORRY, PLACE + np.array([0.0, (LORRY.length_m - CAR.length_m) / 2.0]))
    for _ in range(8):
        classify(own, evidence(differs, own), 1, view)
    assert own.body.length_m < 6.0


def test_of_two_on_one_spot_the_one_that_pixels_speak_against_goes(view: Lens) -> None:
    crowd = Crowd(view, Ways([(PLACE, TOWARD)]))
    right, wrong = member(view, CAR, PLACE), member(view, CAR, PLACE + np.array([1.4, 0.0]), number=2)
    crowd.members = [right, wrong]
    differs, motion = mask(view, (CAR, PLACE)), Motion()
    for frame in range(3):
        motion.show(np.zeros((360, 640, 3), np.uint8))
        crowd.step(differs, differs, motion, frame * 0.1)
    assert right in crowd.members and wrong not in crowd.members
