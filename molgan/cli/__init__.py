"""The command line. Nothing else in the package prints.

Exit codes: 0 done, 1 unexpected error, 2 bad configuration or input, 3 target not reached or limit broken, 4 storage
failed, 130 interrupted (Ctrl-C), 143 stopped (SIGTERM).
"""

from molgan.cli.app import app, main

__all__ = ["app", "main"]
