"""Work in processes of its own: messages, jobs, their registry."""
