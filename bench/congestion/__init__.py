"""Days of traffic drawn by lot, and how well congestion is foreseen on them: `python -m bench.congestion`."""
