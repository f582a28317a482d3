"""Answer the command line: one file each, with ``add_arguments(parser)`` and ``answer(options) -> exit code``."""
