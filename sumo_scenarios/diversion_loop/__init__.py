"""Diversion in the closed loop: a main road closed in SUMO, signs that drivers follow or not, signals that help."""
