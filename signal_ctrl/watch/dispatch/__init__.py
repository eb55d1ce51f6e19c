"""Units and missions: who is nearest, who goes, and what became of it."""
