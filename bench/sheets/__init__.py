"""Controller sheets: a printed page for each signal of a plan."""
