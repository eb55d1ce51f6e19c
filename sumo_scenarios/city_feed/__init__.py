"""A city as those who watch it get to see it: its roads, what is reported of them in a run, and the truth."""
