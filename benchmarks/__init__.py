"""What the performance goals are measured with: `python -m benchmarks` prints all ratios."""
