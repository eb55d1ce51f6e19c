"""The report of an experiment: its tables, its drawings, its pages."""
