"""One page a file: controls, cache, figure, export."""
