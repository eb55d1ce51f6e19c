"""Guidance: who is sent to which car park, with what chance, and what that brings onto the roads. Pure."""
