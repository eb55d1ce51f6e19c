"""What the loops of a run, or of a log on a known network, tell beside presence: lane by lane, with intervals."""
