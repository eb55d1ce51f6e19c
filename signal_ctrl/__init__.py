"""Traffic-signal control: one loop from detector events to lamps."""
