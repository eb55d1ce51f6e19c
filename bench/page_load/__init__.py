"""What the page costs: in the browser, on the wire, and in the centre, with many junctions and many who look."""
