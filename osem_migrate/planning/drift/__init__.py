"""What is live compared with what is expected."""
