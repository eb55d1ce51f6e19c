"""Crossings for people on foot: push-buttons and sensors at the kerb, and who waits there."""
