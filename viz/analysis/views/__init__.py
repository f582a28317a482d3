"""Read maps otherwise than the model gives them: by words, without special tokens, many heads as one."""
