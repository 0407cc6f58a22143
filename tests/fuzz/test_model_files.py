"""Model directories and GGUF files, as `mucode model` and every start read them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from pipeline.model_files.directory import check_directory
from pipeline.model_files.gguf import _require_gguf, _require_whole
from pipeline.placement.model_shape import find_model_shape
from pipeline.sizing.model_facts import find_model_facts
from tests.fuzz.cases import AMOUNTS, examine, judged
from tests.fuzz.files import copy_of, damage_folder, damaged_bytes, snapshot
from tests.support.model_directories import model_directory


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_directory(tmp_path_factory.mktemp("models") / "original")


@AMOUNTS
def test_model_directories(amount: str, original: Path, tmp_path: Path) -> None:
    """Files alone; a chat template is executed by a process of its own, which has limits."""
    place = tmp_path / "model"

    def case(data: st.DataObject) -> None:
        copy_of(original, place)
        damage_folder(data.draw, place)
        before = snapshot(place)
        judged(lambda: check_directory(place), [str(place)], "model check")
        judged(lambda: find_model_facts(str(place)), [str(place)], "facts of a model")
        judged(lambda: find_model_shape(str(place)), [str(place)], "shape of a model")
        assert snapshot(place) == before

    examine(case, amount, few=20, many=1500)


@AMOUNTS
def test_gguf_files(amount: str, tmp_path: Path) -> None:
    """The checks before the libraries that make a model of a file."""
    whole = _gguf(tmp_path / "whole.gguf")
    file = tmp_path / "some.gguf"

    def read() -> None:
        _require_gguf(file)
        _require_whole(file)

    def case(data: st.DataObject) -> None:
        file.write_bytes(data.draw(damaged_bytes(whole)))
        judged(read, [str(file)], "GGUF files")

    examine(case, amount, few=5, many=500)


def _gguf(file: Path) -> bytes:
    import gguf

    writer = gguf.GGUFWriter(file, "llama")
    writer.add_block_count(1)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["a", "b"])
    writer.add_tensor("token_embd.weight", np.zeros((2, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file.read_bytes()
