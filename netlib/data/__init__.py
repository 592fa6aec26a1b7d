"""What is learned from: tables and their preparation."""
