"""The safety kernel: the only code that may light a lamp."""
