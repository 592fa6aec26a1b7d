"""An experiment -> files to take away, one function a format."""
