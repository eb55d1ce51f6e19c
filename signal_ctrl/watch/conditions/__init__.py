"""Weather and events: what they do to saturation flow, speed and demand."""
