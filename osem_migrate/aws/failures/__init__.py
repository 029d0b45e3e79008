"""What the errors of botocore mean: the only place where they become ours."""
