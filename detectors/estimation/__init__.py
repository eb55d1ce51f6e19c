"""What loops tell beside presence: speeds, saturation flow, queues beyond them, turns; each with its interval."""
