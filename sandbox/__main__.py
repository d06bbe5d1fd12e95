"""`python -m sandbox`: the stand-ins alone; `python -m sandbox -- COMMAND`: with a process that uses them."""

import sys

from sandbox.launching import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
