"""The start of a box's interpreter, with the same hash seed in every box.

`python3 -I` believes no variable of the image's, but chooses a hash seed of its own. So a first interpreter runs this
file under `-I` and becomes a second one, which believes what it is left: the hash seed and nothing else.
"""

import os
import sys

SERVE = """
import sys
sys.path[:0] = ["/opt/box", f"/usr/local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"]
from sandbox.guest.server import main
main()
"""


def main() -> None:
    """The argument is the host's address."""
    seed = {name: value for name, value in os.environ.items() if name == "PYTHONHASHSEED"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | seed
    command = [sys.executable, "-s", "-P", "-S", "-B", "-c", SERVE, sys.argv[1]]  # -I without -E
    os.execve(sys.executable, command, environment)


if __name__ == "__main__":
    main()
