"""The image that boxes start from: `build.ensure_image()`."""
