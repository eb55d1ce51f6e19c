"""What people on foot wait under adaptive control, against a plan, and whether lamps kept their clearances."""
