"""The tables, one module a topic, all on one MetaData."""
