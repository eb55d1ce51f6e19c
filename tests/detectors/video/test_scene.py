"""The background of a camera over time: learnt, flooded, forgotten, and learnt anew."""

import numpy as np

from detectors.video.scene import FIRST_S, FLOODED_S, Scene
from detectors.video.sizes import Sizes
from detectors.video.tone import Image

STEP_S = 0.1


def picture(seed: int, coarse: int = 12) -> Image:
    """Return a picture (120, 160, 3) of patches, another one for each seed."""
    patches = np.random.default_rng(seed).integers(20, 235, (coarse, coarse + 4, 3), dtype=np.uint8)
    return np.ascontiguousarray(np.kron(patches, np.ones((10, 10, 1), dtype=np.uint8)))


def looks(scene: Scene, frame: Image, from_s: float, for_s: float) -> list[tuple[bool, bool]]:
    """Show a frame for a while; return for each time whether the background was known, and whether all differed."""
    times = np.arange(from_s, from_s + for_s, STEP_S)
    found = [scene.look(frame, float(time_s)) for time_s in times]
    return [(look.mask is not None, look.flooded) for look in found]


def test_a_scene_that_has_changed_is_forgotten_and_learnt_anew() -> None:
    scene, before, after = Scene(Sizes()), picture(1), picture(2)
    assert looks(scene, before, 0.0, FIRST_S + 1.0)[-1] == (True, False)
    seen = looks(scene, after, 10.0, FLOODED_S + FIRST_S + 2.0)
    assert seen[0] == (True, True)
    assert (False, False) in seen, "forgotten after it had differed for long"
    assert seen[-1] == (True, False), "and learnt from what is there now"
