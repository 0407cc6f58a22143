"""Whether this machine gives a Ray of its own enough of what containers often give too little of."""

from actors.machine.provisions import lack_of_open_files, lack_of_shared_memory, open_files_limit, shared_memory
from pipeline.placement.nodes import ResourceError


def check_provisions() -> None:
    """Raises ResourceError if shared memory or open files are too few for any run."""
    for lack in (lack_of_shared_memory(shared_memory()), lack_of_open_files(open_files_limit())):
        if lack:
            raise ResourceError(lack)
