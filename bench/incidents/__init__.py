"""How incidents are found: runs with and without one, detection rate, time to detect, false alarms."""
