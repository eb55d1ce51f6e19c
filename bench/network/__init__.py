"""Network plans against the simulation: searched in it, judged by it, drawn."""
