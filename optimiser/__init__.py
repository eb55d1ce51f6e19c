"""Delay models and the search for better timings."""
