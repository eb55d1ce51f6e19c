"""Pictures of every view of the page, made from a living demo city."""
