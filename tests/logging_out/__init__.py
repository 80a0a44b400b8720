"""A login is taken out of every file that holds it."""
