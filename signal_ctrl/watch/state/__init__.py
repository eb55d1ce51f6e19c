"""The state of every road, minute by minute, from what is reported of them."""
