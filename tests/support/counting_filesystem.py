"""A pyarrow filesystem over local files that counts what is asked of it, and passes for an object store."""

from collections import Counter
from pathlib import Path
from typing import Any

from pyarrow import fs

from actors.storage.filesystem import FilesystemStorage


class CountingHandler(fs.FileSystemHandler):
    """`requests`: (what, path) of each, in their order. Folders appear with the first file in them."""

    def __init__(self) -> None:
        self.inner = fs.LocalFileSystem()
        self.requests: list[tuple[str, str]] = []

    def counts(self) -> Counter[str]:
        """Requests since the last time, by what they ask."""
        found, self.requests = Counter(what for what, _ in self.requests), []
        return found

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def get_type_name(self) -> str:
        return "s3"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> list[fs.FileInfo]:
        self.requests += [("info", path) for path in paths]
        return list(self.inner.get_file_info(paths))

    def get_file_info_selector(self, selector: fs.FileSelector) -> list[fs.FileInfo]:
        self.requests.append(("listing", selector.base_dir))
        return list(self.inner.get_file_info(selector))

    def create_dir(self, path: str, recursive: bool) -> None:
        self.requests.append(("folder", path))

    def delete_dir(self, path: str) -> None:
        self.requests.append(("delete", path))
        self.inner.delete_dir(path)

    def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:
        raise NotImplementedError

    def delete_root_dir_contents(self) -> None:
        raise NotImplementedError

    def delete_file(self, path: str) -> None:
        self.requests.append(("delete", path))
        self.inner.delete_file(path)

    def move(self, src: str, dest: str) -> None:
        raise NotImplementedError("object stores have no rename")

    def copy_file(self, src: str, dest: str) -> None:
        raise NotImplementedError

    def open_input_stream(self, path: str) -> Any:
        return self.open_input_file(path)

    def open_input_file(self, path: str) -> Any:
        self.requests.append(("read", path))
        return self.inner.open_input_file(path)

    def open_output_stream(self, path: str, metadata: Any) -> Any:
        self.requests.append(("write", path))
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return self.inner.open_output_stream(path)

    def open_append_stream(self, path: str, metadata: Any) -> Any:
        raise NotImplementedError("object stores append nothing")


class CountedStorage(FilesystemStorage):
    """`RunStorage` of counted:///a/local/path."""

    def __init__(self, handler: CountingHandler, root: str) -> None:
        self.root = root
        self._filesystem, self._path = fs.PyFileSystem(handler), root.removeprefix("counted://")

    def create(self, name: str, data: bytes) -> bool:
        """One request, as a conditional put is."""
        self.write(name, data)
        return True
