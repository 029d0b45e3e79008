"""The simulator beside a real engine."""
