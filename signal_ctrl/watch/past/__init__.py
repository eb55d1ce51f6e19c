"""What was shown of the city: recorded piece by piece, and put together again for any time of the last 30 days."""
