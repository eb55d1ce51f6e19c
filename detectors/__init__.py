"""From raw detector signals to beliefs about traffic."""
