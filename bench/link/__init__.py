"""Cabinets and a centre over a wire that fails, in simulated time."""
