"""A run in which every signal is a cabinet that talks HTTP to a centre, in simulated time."""
