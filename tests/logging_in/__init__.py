"""A new login goes into a profile: where it may, what becomes of the one that was there."""
