"""The full judgement of detectors: slots of what they said, one test a module, verdicts with hysteresis."""
