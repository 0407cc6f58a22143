"""Cores, memory, shared memory and open files, as this process may use them."""

import os

from actors.machine.capacity import free_memory, usable_cores, usable_memory
from actors.machine.provisions import (
    FILES_ADVICE,
    GOOD_OPEN_FILES,
    GOOD_SHARED_BYTES,
    SHARED_ADVICE,
    lack_of_open_files,
    lack_of_shared_memory,
    open_files_limit,
    shared_memory,
)
from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, broken, good, noted, skipped
from pipeline.preflight.settling import check_sizes

LEAST_MEMORY_BYTES = 3 << 30
"""Of the smallest run: Ray, one engine and one training worker, each with torch."""


def find_cores(_: Surroundings) -> Finding:
    cores, all_cores = usable_cores(), os.cpu_count() or 1
    of = f" of the machine's {all_cores}" if all_cores != cores else ""
    text = f"{cores} core{'s'[: cores > 1]} to use{of}"
    if cores < 2:
        return noted("cores", f"{text}; a run works with one, and slowly", cores=cores)
    return good("cores", text, cores=cores)


def find_memory(surroundings: Surroundings) -> Finding:
    """What this process may ever have, which a container may bound; and what the models of a config need."""
    usable, free = usable_memory(), free_memory()
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    bound = f", of the machine's {machine >> 20}: the control group allows no more" if usable < machine else ""
    text = f"{free >> 20} of {usable >> 20} MiB free{bound}"
    values = {"usable_bytes": usable, "free_bytes": free, "machine_bytes": machine}
    if surroundings.config is not None:
        check_sizes(surroundings.config, trains=surroundings.config.learns, fetch=False)
    if usable < LEAST_MEMORY_BYTES:
        advice = "give the container more (`docker run --memory`), or take another machine"
        return broken("memory", f"{text}; a run needs {LEAST_MEMORY_BYTES >> 20} MiB: {advice}", **values)
    if free < LEAST_MEMORY_BYTES:
        return noted("memory", f"{text}; a run needs {LEAST_MEMORY_BYTES >> 20} MiB: end what else takes it", **values)
    return good("memory", text, **values)


def find_shared_memory(_: Surroundings) -> Finding:
    found = shared_memory()
    if found is None:
        return skipped("shm", "there is no /dev/shm")
    values = {"free_bytes": found.free, "total_bytes": found.total}
    text = f"/dev/shm has {found.free >> 20} of {found.total >> 20} MiB free"
    if lack := lack_of_shared_memory(found):
        return broken("shm", lack, **values)
    if found.free < GOOD_SHARED_BYTES:
        slower = f"{text}; below {GOOD_SHARED_BYTES >> 20} MiB Ray keeps its objects on a disk, which is slower"
        return noted("shm", f"{slower}: {SHARED_ADVICE}", **values)
    return good("shm", text, **values)


def find_open_files(_: Surroundings) -> Finding:
    limit = open_files_limit()
    if lack := lack_of_open_files(limit):
        return broken("files", lack, limit=limit)
    text = f"{limit} files may be open in a process"
    if limit < GOOD_OPEN_FILES:
        return noted("files", f"{text}; larger runs need {GOOD_OPEN_FILES} or more: {FILES_ADVICE}", limit=limit)
    return good("files", text, limit=limit)
