"""What heads do over the lines of a corpus: where they are strongest, how their jobs spread, which words they link."""
