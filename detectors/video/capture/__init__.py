"""Pictures from files and cameras: decoded in a child process with limits. The only I/O of the detectors."""
