"""Films of a simulated junction as a camera on a pole sees it, with exact truth."""
