"""Driver parameters fitted so that simulated saturation flows and speeds are those that a user measured."""
