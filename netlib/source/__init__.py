"""The text of a definition, in every style."""
