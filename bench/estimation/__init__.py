"""How far estimates from loops are off, held against the truth of simulated runs."""
