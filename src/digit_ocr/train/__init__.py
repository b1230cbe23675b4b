"""Training from a recipe: the loop, the checkpoints, the export."""
