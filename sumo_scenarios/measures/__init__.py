"""What a run is measured by: SUMO's own files, never what a controller says of itself."""
