"""Experiments: matrices of runs, statistics and reports."""
