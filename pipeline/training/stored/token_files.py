"""Token ids of examples in files that are mapped into memory, and a few numbers of each example beside.

A rank holds about 40 bytes per example; tokens are pages of the file, which the system reads when looked at and drops
when memory is short. The files have no name any more once they are mapped: they are gone with the process,
whatever ends it.
"""

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from pipeline.training.examples import TrainingExample

TOKENS, NUMBERS = "tokens.bin", "numbers.npz"


class TokenFile:
    """Examples as they are made, written to a folder: their tokens one after the other, then the numbers of each."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._tokens = (folder / TOKENS).open("wb")
        self._end = 0
        self._keys: list[str] = []
        self._rows, self._offsets = array("q"), array("q")
        self._lengths, self._starts, self._problems = array("i"), array("i"), array("i")
        self._weights = array("d")
        self._names: dict[str, int] = {}
        self.too_long = 0

    def add(self, key: str, row: int, example: TrainingExample) -> None:
        """`key` and `row` decide the order; each example has as many sequences as the first one."""
        self._keys.append(key)
        self._rows.append(row)
        self._offsets.append(self._end)
        self._starts.append(example.start)
        self._weights.append(example.weight)
        self._problems.append(self._names.setdefault(example.problem_id, len(self._names)))
        for sequence in example.sequences:
            self._lengths.append(len(sequence))
            self._end += len(sequence)
            sequence.tofile(self._tokens)

    def close(self) -> None:
        """Write what is still to be written."""
        self._tokens.close()
        np.savez(
            self.folder / NUMBERS,
            keys=np.array(self._keys, dtype=np.str_),
            rows=np.array(self._rows, np.int64),
            offsets=np.array(self._offsets, np.int64),
            lengths=np.array(self._lengths, np.int32).reshape(len(self._keys), -1 if self._keys else 0),
            starts=np.array(self._starts, np.int32),
            weights=np.array(self._weights, np.float64),
            problems=np.array(self._problems, np.int32),
            names=np.array(list(self._names), dtype=np.str_),
            too_long=np.array(self.too_long),
        )


class StoredExamples(Sequence[TrainingExample]):
    """The examples of several token files in the order of their keys, of equal ones in that of their rows."""

    def __init__(self, folders: Sequence[Path]) -> None:
        parts = [dict(np.load(folder / NUMBERS)) for folder in folders]
        filled = [number for number, part in enumerate(parts) if len(part["keys"])]
        self.too_long = sum(int(part["too_long"]) for part in parts)
        self._files = {number: _map_tokens(folders[number] / TOKENS) for number in filled}
        keys = [key for number in filled for key in parts[number]["keys"].tolist()]
        rows = [row for number in filled for row in parts[number]["rows"].tolist()]
        order = sorted(range(len(keys)), key=lambda place: (keys[place], rows[place]))
        self._names = [name for number in filled for name in parts[number]["names"].tolist()]
        first_names = np.cumsum([0, *(len(parts[number]["names"]) for number in filled)])
        found = {
            name: np.concatenate([parts[number][name] for number in filled])[order] if filled else np.zeros(0)
            for name in ("offsets", "lengths", "starts", "weights")
        }
        self._offsets, self._lengths = found["offsets"], found["lengths"]
        self._starts, self._weights = found["starts"], found["weights"]
        self._file = _joined([np.full(len(parts[number]["keys"]), number, np.int32) for number in filled])[order]
        shifted = [parts[number]["problems"] + first for number, first in zip(filled, first_names, strict=False)]
        self._problems = _joined(shifted)[order]

    def __len__(self) -> int:
        return len(self._offsets)

    @overload
    def __getitem__(self, number: int) -> TrainingExample: ...
    @overload
    def __getitem__(self, number: slice) -> list[TrainingExample]: ...
    def __getitem__(self, number: int | slice) -> TrainingExample | list[TrainingExample]:
        if isinstance(number, slice):
            return [self._example(each) for each in range(*number.indices(len(self)))]
        return self._example(range(len(self))[number])

    def _example(self, number: int) -> TrainingExample:
        tokens, start = self._files[int(self._file[number])], int(self._offsets[number])
        sequences = []
        for length in self._lengths[number].tolist():
            sequences.append(array("i", tokens[start : start + length].tobytes()))
            start += length
        return TrainingExample(
            sequences=tuple(sequences),
            start=int(self._starts[number]),
            weight=float(self._weights[number]),
            problem_id=self._names[int(self._problems[number])],
        )


def _joined(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int32)


def _map_tokens(file: Path) -> NDArray[np.int32]:
    return np.memmap(file, np.int32, mode="r")
