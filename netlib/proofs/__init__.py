"""What is claimed of two networks or two runs, and shown."""
