"""The street's side: an agent that polls its orders, runs the kernel and reports, without any I/O."""
