"""From what each frame showed to rows: crossings in order of time, intervals, seconds of zones."""
