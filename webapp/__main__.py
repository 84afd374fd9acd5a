"""`python -m webapp` is the command `hashbag`."""

from webapp.cli import main

main()
