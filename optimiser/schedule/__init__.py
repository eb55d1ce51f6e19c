"""The schedule of a day from its counts: types of day, breakpoints, and what plans cost over time."""
