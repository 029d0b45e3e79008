"""Stand-ins for what tests cannot wait for: time, and AWS's control plane."""
