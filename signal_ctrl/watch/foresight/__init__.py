"""Congestion of every road and of the region 15, 30 and 60 minutes ahead: how slow, how sure, jammed from when."""
