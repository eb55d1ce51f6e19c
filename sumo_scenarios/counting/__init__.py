"""Demand from counts: candidate routes, what passes where and when, the files of a scenario that reproduces them."""
