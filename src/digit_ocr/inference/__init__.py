"""Readers: one digit, the numbers of a picture, and batches of either."""
