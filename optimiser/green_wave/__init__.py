"""Green waves: offsets, cycle, speeds and order of stages so that platoons find green; with a proven gap."""
