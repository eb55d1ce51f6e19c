"""Signs that guide to car parks: rules, what they show and when, how it looks."""
