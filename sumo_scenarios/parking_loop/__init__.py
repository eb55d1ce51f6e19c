"""Guidance to car parks in the closed loop: towns whose cars park, drivers who search or are told where, scores."""
