"""Labelled digits as arrays: MNIST, folders and CSV files."""
