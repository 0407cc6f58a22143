"""The safetensors files of a model: whole, of known types, and those of its config; by their headers alone."""

import math
from pathlib import Path
from typing import Any

from actors.storage.tensor_headers import is_own_name, read_header, weight_files
from pipeline.model_files.json_object import ModelFilesError, read_object

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""Of a number in a safetensors file, by the name of its type; narrower floats are quantised weights."""
SHOWN = 60
Shapes = dict[str, tuple[int, ...]]


def describe_weights(directory: Path) -> str:
    """Every file that the index names, each as long as its header says. Raises ModelFilesError."""
    files, _ = _stored(directory)
    size = sum((directory / name).stat().st_size for name in files)
    return f"weights {len(files)} file{'s'[: len(files) > 1]}, {size / 1e9:.2f} GB"


def stored_shapes(directory: Path) -> Shapes:
    """Of every tensor that transformers loads: those of the index, if there is one. Raises ModelFilesError."""
    files, mapped = _stored(directory)
    every = {name: shape for shapes in files.values() for name, shape in shapes.items()}
    return {name: every[name] for name in mapped} if mapped else every


def _stored(directory: Path) -> tuple[dict[str, Shapes], dict[str, str]]:
    """Shapes by file and tensor; tensor -> file, as the index says, {} if there is none."""
    index = directory / "model.safetensors.index.json"
    if not index.is_file():
        _require_one_file(directory)
        return {"model.safetensors": _require_whole(directory / "model.safetensors")}, {}
    mapped = _mapped(index)
    files = {name: _require_whole(directory / name) for name in sorted(set(mapped.values()))}
    for tensor, name in mapped.items():
        if tensor not in files[name]:
            raise ModelFilesError(f"{index}: {tensor} is not in {name}, where it is said to be; copy the model again")
    for name, shapes in files.items():
        if twice := sorted(tensor for tensor in shapes if mapped.get(tensor, name) != name):
            raise ModelFilesError(f"{index}: {twice[0]} is in {mapped[twice[0]]}, and in {name}; copy the model again")
    return files, mapped


def _mapped(index: Path) -> dict[str, str]:
    mapped = read_object(index).get("weight_map")
    if not isinstance(mapped, dict) or not mapped:
        raise ModelFilesError(f"{index} holds no weight_map; copy the model again")
    if foreign := [name for name in mapped.values() if not is_own_name(name)]:
        raise ModelFilesError(
            f"{index} names {repr(foreign[0])[:SHOWN]}, expected names of safetensors files beside it; engines read no "
            "others. Copy the model again, all files into one directory"
        )
    return mapped


def _require_one_file(directory: Path) -> None:
    """Without an index, an engine loads all there are."""
    own = directory / "model.safetensors"
    olds = sorted(path.name for path in directory.glob("pytorch_model*.bin"))
    if olds and not own.is_file():
        raise ModelFilesError(
            f"{directory} holds {olds[0]} and no model.safetensors, which engines and their check read; "
            "load it with transformers and save_pretrained it once"
        )
    others = sorted(path.name for path in directory.glob("*.safetensors") if path != own)
    if others and own.is_file():
        raise ModelFilesError(
            f"{directory} holds {others[0][:SHOWN]} beside model.safetensors, and engines load all there are if no "
            "model.safetensors.index.json says which; move it elsewhere"
        )


def _require_whole(path: Path) -> Shapes:
    """The shapes that the header of a file says. Raises ModelFilesError if its tensors cannot be what it says."""
    if not path.is_file():
        raise ModelFilesError(f"{path} is missing; copy the model again")
    try:
        length, tensors = read_header(path)
        ends, shapes = _places(path, tensors)
    except ModelFilesError:
        raise
    except OSError as error:
        raise ModelFilesError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        raise ModelFilesError(f"{path} has no safetensors header; is it a pointer file? Copy the model again") from None
    if (size := path.stat().st_size) != length + ends:
        raise ModelFilesError(f"{path} has {size} bytes, its header says {length + ends}; copy the model again")
    return shapes


def _places(path: Path, tensors: dict[str, Any]) -> tuple[int, Shapes]:
    """Where the last tensor ends, and all shapes. One begins where another ends: a loader takes nothing else."""
    end, shapes = 0, Shapes()
    for name, entry in sorted(tensors.items(), key=lambda item: item[1]["data_offsets"]):
        shapes[name], (start, stop) = tuple(entry["shape"]), entry["data_offsets"]
        if (width := BYTES.get(entry["dtype"])) is None:
            raise ModelFilesError(
                f"{path}: {name} has the type {entry['dtype']!r}, expected one of {', '.join(BYTES)}; convert the model"
            )
        if not all(type(size) is int and size >= 0 for size in shapes[name]):
            raise ModelFilesError(f"{path}: {name} has the shape {str(entry['shape'])[:SHOWN]}; copy the model again")
        if stop - start != width * math.prod(shapes[name]):
            raise ModelFilesError(f"{path}: {name} has not the bytes of its shape; copy the model again")
        if start != end:
            raise ModelFilesError(f"{path}: {name} begins at byte {start}, expected {end}; copy the model again")
        end = stop
    if not shapes:
        raise ModelFilesError(f"{path} holds no tensors; copy the model again")
    return end, shapes


def require_embedding(directory: Path, rows: int) -> None:
    """By its usual name: its rows are the vocabulary of config.json. For weights that `describe_weights` accepts."""
    for path in weight_files(directory):
        for name, entry in read_header(path)[1].items():
            if name.endswith("embed_tokens.weight") and entry["shape"][0] != rows:
                raise ModelFilesError(
                    f"{path}: {name} has {entry['shape'][0]} rows, config.json says vocab_size = {rows}; "
                    "take the config that came with these weights"
                )
