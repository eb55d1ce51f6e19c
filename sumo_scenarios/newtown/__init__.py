"""The scenario `newtown`: a synthetic Chinese new town of any size, generated."""
