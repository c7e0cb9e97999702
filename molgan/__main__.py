"""`python -m molgan` is `molgan`."""

from molgan.cli import main

if __name__ == "__main__":
    main()
