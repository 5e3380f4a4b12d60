"""What the package costs beside others: `python -m benchmarks`, see `--help`."""
