"""The safetensors files of a model: whole, of known types, and those of its config; by their headers alone."""

import math
from pathlib import Path

from actors.storage.tensor_headers import read_header, weight_files
from pipeline.model_files.json_object import ModelFilesError, read_object

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""Of a number in a safetensors file, by the name of its type; narrower floats are quantised weights."""
Shapes = dict[str, tuple[int, ...]]


def describe_weights(directory: Path) -> str:
    """Every file that the index names, each as long as its header says. Raises ModelFilesError."""
    index = directory / "model.safetensors.index.json"
    if index.is_file():
        mapped = read_object(index).get("weight_map")
        if not isinstance(mapped, dict) or not mapped:
            raise ModelFilesError(f"{index} holds no weight_map; copy the model again")
        names = sorted({str(name) for name in mapped.values()})
    else:
        mapped, names = {}, ["model.safetensors"]
        others = sorted(path.name for path in directory.glob("pytorch_model*.bin"))
        if others and not (directory / names[0]).is_file():
            raise ModelFilesError(
                f"{directory} holds {others[0]} and no model.safetensors, which engines and their check read; "
                "load it with transformers and save_pretrained it once"
            )
    shapes = {name: _require_whole(directory / name) for name in names}
    for tensor, name in mapped.items():
        if tensor not in shapes[str(name)]:
            raise ModelFilesError(f"{index}: {tensor} is not in {name}, where it is said to be; copy the model again")
    size = sum((directory / name).stat().st_size for name in names)
    return f"weights {len(names)} file{'s'[: len(names) > 1]}, {size / 1e9:.2f} GB"


def _require_whole(path: Path) -> Shapes:
    """The shapes that the header of a file says. Raises ModelFilesError if its tensors cannot be what it says."""
    if not path.is_file():
        raise ModelFilesError(f"{path} is missing; copy the model again")
    try:
        length, tensors = read_header(path)
        end = length + max(entry["data_offsets"][1] for entry in tensors.values())
        shapes: Shapes = {}
        for name, entry in tensors.items():
            shapes[name], (start, stop) = tuple(entry["shape"]), entry["data_offsets"]
            if (width := BYTES.get(entry["dtype"])) is None:
                raise ModelFilesError(
                    f"{path}: {name} has the type {entry['dtype']!r}, expected one of {', '.join(BYTES)}; "
                    "convert the model"
                )
            if stop - start != width * math.prod(shapes[name]):
                raise ModelFilesError(f"{path}: {name} has not the bytes of its shape; copy the model again")
    except ModelFilesError:
        raise
    except OSError as error:
        raise ModelFilesError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        raise ModelFilesError(f"{path} has no safetensors header; is it a pointer file? Copy the model again") from None
    if (size := path.stat().st_size) != end:
        raise ModelFilesError(f"{path} has {size} bytes, its header says {end}; copy the model again")
    return shapes


def require_embedding(directory: Path, rows: int) -> None:
    """By its usual name: its rows are the vocabulary of config.json. For weights that `describe_weights` accepts."""
    for path in weight_files(directory):
        for name, entry in read_header(path)[1].items():
            if name.endswith("embed_tokens.weight") and entry["shape"][0] != rows:
                raise ModelFilesError(
                    f"{path}: {name} has {entry['shape'][0]} rows, config.json says vocab_size = {rows}; "
                    "take the config that came with these weights"
                )
