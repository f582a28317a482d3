"""Why the model answers as it does: what heads, states and words contribute to an answer."""
