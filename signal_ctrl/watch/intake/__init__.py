"""What feeds send: taken in, judged, kept before it is acknowledged."""
