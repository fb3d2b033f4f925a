"""Real sessions, driven by hand: FRR on one side, and on the other whatever the lesson needs."""
