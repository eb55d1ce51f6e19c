"""The centre over HTTP: routes, limits, headers, logs and health."""
