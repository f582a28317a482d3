"""Why the model answers as it does: numpy on records of contributions, attributions and patches."""
