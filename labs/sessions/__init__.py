"""Real sessions, driven by hand: FRR or BIRD on one side, on the other whatever it takes."""
