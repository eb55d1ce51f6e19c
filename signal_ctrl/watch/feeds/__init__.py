"""Feeds: sources of data outside the house, with keys of their own."""
