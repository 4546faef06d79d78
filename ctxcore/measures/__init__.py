"""Pure functions of results. They load nothing and draw nothing."""
