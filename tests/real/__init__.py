"""Real pretrained models, if they are at hand."""
