"""From noisy places to roads: map matching, and the travel times of those who reported them."""
