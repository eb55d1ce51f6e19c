"""The state of every road now and soon, incidents, diversion, dispatch."""
