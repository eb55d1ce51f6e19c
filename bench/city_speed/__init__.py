"""How long the estimation of a city takes: 5,000 roads and 20,000 positions a minute."""
