"""The parking service's routes: an application of its own, in a process of its own."""
