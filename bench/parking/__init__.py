"""Parking by figures: made-up days of car parks, and paired runs of the closed loop."""
