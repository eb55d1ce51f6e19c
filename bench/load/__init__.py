"""The load of a city on one centre: a real service, and a generator of cabinets in a process of its own."""
