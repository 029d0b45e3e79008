"""What the errors of botocore mean: the one door through which they become ours."""
