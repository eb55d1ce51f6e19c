"""Tuning of the baselines: fixed plans, and settings of other controllers, on training seeds with a stated budget."""
