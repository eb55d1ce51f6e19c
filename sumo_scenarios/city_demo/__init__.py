"""A simulated city behind a real centre, in real time: what the page shows of it is the data of that loop."""
