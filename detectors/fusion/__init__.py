"""One count of a lane from several sources: loops, video, and what is known from before."""
