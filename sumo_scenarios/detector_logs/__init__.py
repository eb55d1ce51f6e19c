"""Logs of detectors, a run's own too: read, judged, drawn."""
