"""Refreshing: once, written ahead, durable at once (R17 to R22)."""
