"""Models and measures together: each study asks a model and gives a result."""
