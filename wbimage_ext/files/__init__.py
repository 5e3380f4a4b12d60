"""Where encoded files live: staged, then whole in a run's directory."""
