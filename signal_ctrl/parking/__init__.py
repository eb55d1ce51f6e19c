"""Parking guidance: facilities, occupancy, signs and the way to a space. A side service that reaches no lamp."""
