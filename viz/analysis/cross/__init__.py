"""Read a run of an encoder-decoder: how a target is written, and where its words look in the source."""
