"""A response rehearsed: ordered at a real centre by simulated time, carried out in SUMO through the real kernels."""
