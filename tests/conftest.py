"""Hypothesis profiles for the whole suite; HYPOTHESIS_PROFILE chooses one, `quick` is the default."""

import os

import cv2
from hypothesis import HealthCheck, settings

cv2.setNumThreads(
    1
)  # before any work: a simulation forked from a process with OpenCV's threads waits for them for ever

settings.register_profile("quick", max_examples=50, deadline=None, derandomize=False, print_blob=True)
settings.register_profile(
    "deep",
    max_examples=5000,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "quick")
