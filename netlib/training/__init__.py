"""A program that runs, and the record of what came of it."""
