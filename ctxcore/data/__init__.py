"""What ships with the library: the sense bank, the lesson sentences, and the texts that tables are trained on."""
