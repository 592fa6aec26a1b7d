"""An experiment as one short program in the words of a PyTorch tutorial."""
