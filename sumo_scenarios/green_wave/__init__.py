"""Green waves for the streets of a SUMO scenario."""
