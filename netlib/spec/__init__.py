"""What a network is: layers, names, shapes."""
