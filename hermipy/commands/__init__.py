"""Commands that need more room than cli.py has; one module each."""
