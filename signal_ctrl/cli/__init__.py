"""The `signal-ctrl` command: settings and wiring."""
