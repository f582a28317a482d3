"""Answer the command line: one file a command, each with ``add_arguments(parser)`` and ``answer(options) -> exit code``."""
