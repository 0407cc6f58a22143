"""cells.parquet: the cells of a study in one file, from which its results are made again without its directory.

rows                  pipeline.study.cells.rows.CELL_SCHEMA
key-value metadata    mucode.study     the study file, with the settings of its base, as JSON
                      mucode.runs      RunFacts by the name of the run
                      mucode.plugins   rows of other packages, with their labels
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from actors.storage.parquet import encode_parquet
from actors.storage.run_storage import parse_json, parse_typed
from pipeline.errors import ConfigError, StoreError
from pipeline.state.plugins import parse_plugins, tell_plugin_labels
from pipeline.study.cells.rows import CELL_SCHEMA, RunFacts, StudyCells
from pipeline.study.load import study_as_stored
from pipeline.study.runs import stored_study_runs
from pipeline.study.spec import Study

CELLS = "cells.parquet"
SMALLEST = 19
"""zstd's level: the file is made to be published."""
_CELLS_1 = CELL_SCHEMA.set(CELL_SCHEMA.get_field_index("solved"), pa.field("solved", pa.int8()))
"""Cells of one turn are those of one search there, the first N answers."""
_FACTS = TypeAdapter(dict[str, RunFacts])
SPLIT = ("tokens", "prompt_tokens")
"""Columns whose numbers take many values."""


@dataclass(frozen=True, slots=True)
class CellsFile:
    """What the file holds. `plugins`: as `pipeline.state.plugins.stored_plugins` gives them."""

    study: Study
    cells: StudyCells
    plugins: list[dict[str, str]] = field(default_factory=list)


def encode_cells(content: CellsFile) -> bytes:
    """The bytes of the file. No times and no paths: equal for every way in which the study was executed."""
    cells = content.cells
    notes = {
        "study": content.study.model_dump(mode="json", exclude={"root", "lanes"}),
        "runs": {name: asdict(facts) for name, facts in cells.facts.items()},
        "plugins": content.plugins,
    }
    written = {f"mucode.{name}": json.dumps(note, ensure_ascii=False) for name, note in notes.items()}
    return encode_parquet(
        cells.table.replace_schema_metadata({**CELL_SCHEMA.metadata, **written}), level=SMALLEST, split=SPLIT
    )


def read_cells(file: Path) -> CellsFile:
    """What a study wrote; tells the tables the labels of its plug-ins. Raises StoreError."""
    try:
        table = pq.read_table(file)
    except FileNotFoundError:
        raise StoreError(f"there is no file {file}; expected the cells.parquet of a study") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreError(f"{file} is not a Parquet file ({error}); expected the cells.parquet of a study") from None
    metadata = table.schema.metadata or {}
    if table.schema.equals(_CELLS_1):
        table = table.cast(CELL_SCHEMA)
    if not table.schema.equals(CELL_SCHEMA) or b"mucode.study" not in metadata:
        raise StoreError(
            f"{file} does not hold the cells of a study: columns {', '.join(table.column_names)}; "
            f"expected {', '.join(CELL_SCHEMA.names)}, and the study file among its metadata"
        )
    notes = {name: metadata.get(f"mucode.{name}".encode(), b"") for name in ("plugins", "study", "runs")}
    plugins = parse_plugins(notes["plugins"], f"mucode.plugins of {file}")
    tell_plugin_labels(plugins)
    study = study_as_stored(parse_json(notes["study"], f"mucode.study of {file}"), where=str(file))
    facts = parse_typed(notes["runs"], f"mucode.runs of {file}", _FACTS)
    try:
        runs = tuple(stored_study_runs(study))
    except ConfigError as error:
        raise StoreError(f"{file} is not what a study wrote: {error}; take the file that the study left") from None
    return CellsFile(study, StudyCells(runs=runs, facts=facts, table=table), plugins)
