"""Whether a stage's files are what their records say, so that a resume never builds on damaged data."""

import hashlib
import posixpath

from actors.storage.checkpoint import is_saved
from actors.storage.parts import PartRecord
from pipeline.errors import StoreError
from pipeline.state.manifest import Manifest
from pipeline.state.run_files import RunFiles


class StageVerifier:
    """Compares sizes and hashes, each file once: bytes do not change under a running driver."""

    def __init__(self) -> None:
        self._verified: set[str] = set()

    def verify(self, manifest: Manifest) -> None:
        """Raises StoreError if a part or the checkpoint of a finished stage is missing or not what was written."""
        for record in manifest.parts:
            self.verify_part(manifest.directory, record)
        if manifest.checkpoint and manifest.checkpoint.path not in self._verified:
            if not is_saved(manifest.checkpoint.path):
                raise StoreError(
                    f"{manifest.checkpoint.path} is missing or incomplete, though {manifest.directory} is finished. "
                    f"Restore it, or delete {manifest.directory} and every later stage to compute them again"
                )
            self._verified.add(manifest.checkpoint.path)

    def verify_part(self, directory: str, record: PartRecord) -> None:
        """Raises StoreError if the part's file is missing, has another size or another hash."""
        file = posixpath.join(directory, record.file)
        if file in self._verified:
            return
        files = RunFiles(directory)
        found = files.size(record.file)
        if found is None:
            state = "is missing"
        elif found != record.size_bytes:
            state = f"has {found} bytes, its record says {record.size_bytes}"
        elif hashlib.sha256(files.read(record.file)).hexdigest() != record.sha256:
            state = "is not what was written (its sha256 differs)"
        else:
            self._verified.add(file)
            return
        raise StoreError(
            f"{file} {state}. Restore the file, or delete {directory} and every later stage to compute them again"
        )
