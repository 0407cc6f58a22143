"""cells.parquet: the cells of a study in one file, from which its results are made again without its directory.

rows                  pipeline.study.cells.rows.CELL_SCHEMA
key-value metadata    mucode.study     the study file, with the settings of its base, as JSON
                      mucode.runs      RunFacts by the name of the run
                      mucode.plugins   rows of other packages, with their labels
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from actors.storage.parquet import encode_parquet
from pipeline.errors import StoreError
from pipeline.state.plugins import tell_plugin_labels
from pipeline.study.cells.rows import CELL_SCHEMA, RunFacts, StudyCells
from pipeline.study.load import study_as_stored
from pipeline.study.runs import stored_study_runs
from pipeline.study.spec import Study

CELLS = "cells.parquet"
SMALLEST = 19
"""zstd's level: the file is made to be published."""
SPLIT = ("tokens", "prompt_tokens")
"""Columns whose numbers take many values."""


def encode_cells(study: Study, cells: StudyCells, plugins: list[dict[str, str]]) -> bytes:
    """The bytes of the file. `plugins` as `pipeline.state.plugins.stored_plugins` gives them.

    No times and no paths: equal for every way in which the study was executed.
    """
    notes = {
        "study": study.model_dump(mode="json", exclude={"root", "lanes"}),
        "runs": {name: asdict(facts) for name, facts in cells.facts.items()},
        "plugins": plugins,
    }
    written = {f"mucode.{name}": json.dumps(note, ensure_ascii=False) for name, note in notes.items()}
    return encode_parquet(
        cells.table.replace_schema_metadata({**CELL_SCHEMA.metadata, **written}), level=SMALLEST, split=SPLIT
    )


def read_cells(file: Path) -> tuple[Study, StudyCells]:
    """What a study wrote; tells the tables the labels of its plug-ins. Raises StoreError."""
    try:
        table = pq.read_table(file)
    except FileNotFoundError:
        raise StoreError(f"there is no file {file}; expected the cells.parquet of a study") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreError(f"{file} is not a Parquet file ({error}); expected the cells.parquet of a study") from None
    if not table.schema.equals(CELL_SCHEMA) or b"mucode.study" not in (table.schema.metadata or {}):
        raise StoreError(
            f"{file} does not hold the cells of a study: columns {', '.join(table.column_names)}; "
            f"expected {', '.join(CELL_SCHEMA.names)}, and the study file among its metadata"
        )
    tell_plugin_labels(_note(table, "plugins"))
    study = study_as_stored(_note(table, "study"), where=str(file))
    facts = {name: RunFacts(**known) for name, known in _note(table, "runs").items()}
    return study, StudyCells(runs=tuple(stored_study_runs(study)), facts=facts, table=table)


def _note(table: pa.Table, name: str) -> Any:
    return json.loads(table.schema.metadata[f"mucode.{name}".encode()])
