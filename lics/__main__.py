"""`python -m lics`: the same as the command `lics`."""

from lics.cli import main

main()
