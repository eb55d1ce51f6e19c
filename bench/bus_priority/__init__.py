"""What bus priority brings, and what it costs."""
