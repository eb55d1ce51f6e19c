"""What diversion brings in the closed loop: a main road closed for half an hour, arm against arm on the same seeds."""
