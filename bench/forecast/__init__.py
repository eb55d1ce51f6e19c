"""A made-up town whose counts are known to the last cause, and how well its flow is forecast."""
