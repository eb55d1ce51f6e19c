"""Special vehicles: who is registered, what they may ask for, and the green corridor ahead of them."""
