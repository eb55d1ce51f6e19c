"""The minutes of the city, in memory and on the shelf."""
