"""`python -m taskconform`: the command line, where no script is installed."""

from taskconform.conformance.cli.command import main

if __name__ == "__main__":
    main()
