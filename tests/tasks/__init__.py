"""What people come for, done from the beginning to the end: by keys over a real ssh, and by commands."""
