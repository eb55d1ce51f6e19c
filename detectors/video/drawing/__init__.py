"""Pictures for people: what a camera file says, and what was seen."""
