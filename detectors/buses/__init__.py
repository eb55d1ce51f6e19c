"""Buses: where they are, when they come to a stop line, how much they count."""
