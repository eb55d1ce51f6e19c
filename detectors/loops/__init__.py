"""Inductive loops: occupancy, counts and health from their events."""
