"""`python -m taskconform.conformance`: the command line, where no script is installed."""

from taskconform.conformance.command import main

if __name__ == "__main__":
    main()
