"""Key figures of the city: of a minute, by junction, and as a trend of five minutes each."""
