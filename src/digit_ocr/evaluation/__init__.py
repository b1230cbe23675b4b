"""How good a model is, where it fails, and whether its confidence can be trusted."""
