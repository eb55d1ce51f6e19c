"""One tick of the loop: events in, decision out."""
