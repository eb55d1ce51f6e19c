"""The city's side: rules and services of the centre, without HTTP and without a database."""
