"""Health of loops: healthy days in simulation, false alarms, faults found, and imputed counts."""
