"""Many sentences: reading them, the usages of a word in them with their vectors, where those are kept, senses, and change."""
