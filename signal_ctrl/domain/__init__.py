"""Values and rules that every layer shares."""
