"""How well the state of roads is estimated: simulated runs with their truth, days of history, naive rivals."""
