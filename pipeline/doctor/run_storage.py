"""Where runs are kept: a file is written, read back and deleted there, and timed."""

from actors.storage.reach import measure_storage
from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, good

PROBE_BYTES = 8 << 20


def measure_root(surroundings: Surroundings) -> Finding:
    """Raises StorageError or AddressError if that is not possible."""
    rate = measure_storage(surroundings.root, PROBE_BYTES)
    return good(
        "storage",
        f"{surroundings.root}: {rate}",
        root=surroundings.root,
        written_bytes_per_s=round(rate.written),
        read_bytes_per_s=round(rate.read),
    )
