"""Questions about a map before it is seen, and what a guess at each is worth."""
