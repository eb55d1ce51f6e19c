"""From messages of detectors, as they arrive, to events in order: once each, on one clock, with their gaps told."""
