"""The polyphone model, on a tiny one with random weights made here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from synthesis.engine.errors import EngineError
from synthesis.engine.gpt_sovits.text.front_end import phones, polyphones_from

POLYPHONES = (("重", "ㄔㄨㄥ2"), ("重", "ㄓㄨㄥ4"), ("長", "ㄓㄤ3"), ("長", "ㄔㄤ2"), ("一", "ㄧ1"))
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *"重要長城慶。,.")


def make_model(folder: Path, favourite: int) -> Path:
    """A G2PW folder whose model likes the reading number ``favourite`` of all labels most, mask or not."""
    folder.mkdir()
    labels = len({reading for _, reading in POLYPHONES})
    liking = np.linspace(0.1, 0.2, labels, dtype=np.float32)[None]
    liking[0, favourite] = 0.9
    # The mask adds a little, so that the graph uses its input; all other inputs are only declared.
    nodes = [
        helper.make_node("Mul", ["phoneme_mask", "small"], ["m"]),
        helper.make_node("Add", ["m", "liking"], ["scores"]),
    ]
    integers = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name, shape in (
            ("input_ids", ["b", "t"]),
            ("token_type_ids", ["b", "t"]),
            ("attention_mask", ["b", "t"]),
            ("char_ids", ["b"]),
            ("position_ids", ["b"]),
        )
    ]
    mask = helper.make_tensor_value_info("phoneme_mask", TensorProto.FLOAT, ["b", labels])
    graph = helper.make_graph(
        nodes,
        "tiny",
        [*integers, mask],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["b", labels])],
        [numpy_helper.from_array(liking, "liking"), numpy_helper.from_array(np.float32([0.01]), "small")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), folder / "g2pW.onnx"
    )
    (folder / "POLYPHONIC_CHARS.txt").write_text("\n".join("\t".join(pair) for pair in POLYPHONES), "utf-8")
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), "utf-8")
    table = {"ㄔㄨㄥ": "chong", "ㄓㄨㄥ": "zhong", "ㄓㄤ": "zhang", "ㄔㄤ": "chang", "ㄧ": "yi"}
    (folder / "bopomofo_to_pinyin_wo_tune_dict.json").write_text(json.dumps(table), "utf-8")
    (folder / "config.py").write_text("use_char_phoneme = False\nraise SystemExit('never run')\n", "utf-8")
    return folder


def _index(reading: str) -> int:
    return sorted({each for _, each in POLYPHONES}).index(reading)


@pytest.mark.parametrize(("favourite", "expected"), [("ㄔㄨㄥ2", "ong2"), ("ㄓㄨㄥ4", "ong4")])
def test_the_model_decides_a_polyphone(tmp_path: Path, favourite: str, expected: str) -> None:
    model = polyphones_from(make_model(tmp_path / "g2pw", _index(favourite)))
    assert phones("重", "zh", polyphones=model).names[1] == expected


def test_a_reading_that_a_character_does_not_have_is_never_chosen(tmp_path: Path) -> None:
    model = polyphones_from(make_model(tmp_path / "g2pw", _index("ㄔㄨㄥ2")))
    assert phones("长城", "zh", polyphones=model).names[:2] in (("ch", "ang2"), ("zh", "ang3"))


def test_what_the_model_leaves_alone_keeps_its_reading(tmp_path: Path) -> None:
    model = polyphones_from(make_model(tmp_path / "g2pw", _index("ㄓㄤ3")))
    assert model.readings("一要") == [None, None]


def test_a_damaged_model_is_a_clear_error(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "g2pw", 0)
    (folder / "g2pW.onnx").write_bytes(b"not a model")
    with pytest.raises(EngineError, match="model_unreadable"):
        polyphones_from(folder)
    with pytest.raises(EngineError, match="model_unreadable"):
        polyphones_from(tmp_path / "absent")
