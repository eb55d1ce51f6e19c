"""Diversion: who passes a closed road, which ways are left, what signs say, what signals do, what it brings."""
