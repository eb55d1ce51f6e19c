"""A first camera file from what moved in the picture: paths, flows of paths, lines across flows."""
