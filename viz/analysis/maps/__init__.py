"""Read a map out in words: its cells one by one, and a summary of all of them."""
