"""A training platform's feed: `reading.read_workouts` turns one ICS body into workouts."""
