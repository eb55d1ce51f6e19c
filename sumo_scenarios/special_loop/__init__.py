"""Special vehicles in the closed loop: trips, reports of positions, the corridor, and what it costs."""
