"""Scenarios and the closed loop in SUMO."""
