"""A run in a directory: LocalRun, its history, and the JSON of its values."""
