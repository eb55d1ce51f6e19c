"""Before and after for whoever pays: hours, litres, CO2 and money."""
