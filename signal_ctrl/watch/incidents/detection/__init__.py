"""Finding incidents in what loops and positions report."""
