"""Incidents: found, suspected, confirmed, cleared."""
