"""Vehicles as bodies on a calibrated ground: what explains the pixels that differ."""
