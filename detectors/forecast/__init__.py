"""Flow per approach 5 to 60 minutes ahead, with intervals, from counts of past days and of today."""
