"""`python -P -m locrib` is the `locrib` command, whatever the shebang of the script says."""

from locrib.cli import main

if __name__ == "__main__":
    main()
