"""Forecast of free spaces up to an hour ahead, with intervals. Pure."""
