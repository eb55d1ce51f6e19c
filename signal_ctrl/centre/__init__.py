"""The city's side: what is decided about plans, overrides, alarms and people, without any I/O."""
