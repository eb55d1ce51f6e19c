"""Counting vehicles in the picture of a fixed camera."""
