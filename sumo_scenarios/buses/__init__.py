"""Buses of a scenario as a city knows them: lines and runs, and what the vehicles report."""
