"""Claims about a head: marked sentences, what every head gives to their words, the verdict."""
