"""Feeds under load: a city of roads, what its loops and vehicles say, and whether it all arrived."""
