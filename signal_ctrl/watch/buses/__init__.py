"""Buses watched: where each is, how regularly a line runs, what may be done for it."""
