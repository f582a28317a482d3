"""What stands on each page, in a few sentences: records go in, sentences that are true of them come out."""
