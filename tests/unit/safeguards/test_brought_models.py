"""Speaker encoders and detectors that an operator brings take the place of ours; small ONNX graphs stand in for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save

from audiokit import Audio
from bench.detector.calibrate_brought import card_of
from safeguards import detector, installed, liveness, measured, speaker
from safeguards.detector import brought as brought_detector
from safeguards.detector.dataset import Clip
from safeguards.detector.model import Card, Line
from safeguards.detector.onnx_detector import OnnxDetector
from safeguards.installed import InstalledError
from safeguards.onnx_network import Network, NetworkError
from safeguards.speaker import brought as brought_speaker
from safeguards.speaker.calibration import calibration
from safeguards.speaker.encoder import embed_partials
from safeguards.speaker.onnx_encoder import OnnxEncoder
from tests import speech_data

BANDS, NUMBERS, RATE = 80, 12, 16_000
LINES = {"clear": Line(1.0, 0.0), "noisy": Line(1.0, 0.0), "narrow": Line(2.0, 0.0)}


@pytest.fixture(autouse=True)
def ours_again() -> Iterator[None]:
    yield
    brought_speaker.unregister()
    brought_detector.unregister()
    measured.restore()


def graph(path: Path, nodes: Sequence[onnx.NodeProto], shape: Sequence[object], **constants: np.ndarray) -> Path:
    """A graph from ``x`` to ``y`` (and ``z``, where a node makes one)."""
    made = {name for node in nodes for name in node.output}
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("y", "z") if name in made]
    whole = helper.make_graph(
        list(nodes),
        "stand-in",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def encoder_graph(path: Path) -> Path:
    """Deviation of each filter bank over time, mixed into fewer numbers."""
    mix = np.random.default_rng(3).standard_normal((BANDS, NUMBERS)).astype(np.float32)
    nodes = [
        helper.make_node("Mul", ["x", "x"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["power"], axes=[1], keepdims=0),
        helper.make_node("Sqrt", ["power"], ["spread"]),
        helper.make_node("MatMul", ["spread", "mix"], ["y"]),
    ]
    return graph(path, nodes, ["batch", "frames", BANDS], mix=mix)


def detector_graph(path: Path, loud: float) -> Path:
    """``y``: not wanted; ``z``: (power times ``loud``, power)."""
    nodes = [
        helper.make_node("Mul", ["x", "x"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["power"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["power", "both"], ["z"]),
        helper.make_node("Identity", ["power"], ["y"]),
    ]
    return graph(path, nodes, ["batch", "time"], both=np.array([[loud, 1.0]], np.float32))


def pinned(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def entry(factory: str, folder: Path, **options: object) -> dict[str, object]:
    return {"factory": factory, "folder": str(folder), "files": pinned(folder), "options": options}


def encoder_folder(folder: Path, version: str = "stand-in-encoder-1") -> Path:
    folder.mkdir()
    encoder_graph(folder / "encoder.onnx")
    rows = np.random.default_rng(4).standard_normal((40, NUMBERS)).astype(np.float32)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cohort = save({"embeddings": unit, "whitening": np.eye(NUMBERS, dtype=np.float32)})
    (folder / "cohort.safetensors").write_bytes(cohort)
    bucket = {"offset": 0.0, "slope": 1.0, "mean": 0.0, "deviation": 1.0}
    content = {
        "version": version,
        "cohort_sha256": hashlib.sha256(cohort).hexdigest(),
        "second_edges": [3.0],
        "snr_edges": [],
        "buckets": [[bucket], [bucket]],
        "consistency": {"offset": 0.0, "weights": [1.0] * 9, "means": [0.0] * 9, "spreads": [1.0] * 9},
    }
    (folder / "calibration.json").write_text(json.dumps(content))
    return folder


def detector_folder(folder: Path, loud: float = 100.0) -> Path:
    folder.mkdir()
    detector_graph(folder / "detector.onnx", loud)
    card = {
        "version": "stand-in-detector-1",
        "sha256": hashlib.sha256((folder / "detector.onnx").read_bytes()).hexdigest(),
        "centred": False,
        "lines": {name: {"slope": line.slope, "offset": line.offset} for name, line in LINES.items()},
        "synthetic_above": 2.0,
        "genuine_below": -2.0,
    }
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def registered(tmp_path: Path, **models: object) -> installed.Installed:
    path = tmp_path / "models.json"
    path.write_text(json.dumps(models))
    found = installed.read(path)
    installed.register(found)
    return found


def noise(seconds: float, level: float) -> np.ndarray:
    return (level * np.random.default_rng(5).standard_normal(round(seconds * RATE))).astype(np.float32)


def test_a_brought_encoder_embeds_and_its_own_calibration_judges(tmp_path: Path) -> None:
    folder = encoder_folder(tmp_path / "encoder")
    registered(tmp_path, speaker=entry("safeguards.speaker.onnx_encoder:open_folder", folder))
    first, second = (speech_data.load(path) for path in speech_data.clips("kathleen")[:2])

    embedding = speaker.embed(first)
    found = speaker.llr([first], second)

    assert embedding.shape == (NUMBERS,)
    assert np.linalg.norm(embedding) == pytest.approx(1.0, abs=1e-5)
    assert found.version == calibration().version == "stand-in-encoder-1"
    index = speaker.SpeakerIndex()
    index.add("kathleen", embedding)
    nearest = index.nearest(speaker.embed(second))
    assert nearest is not None
    assert nearest[0] == "kathleen"


def test_without_it_ours_is_back(tmp_path: Path) -> None:
    folder = encoder_folder(tmp_path / "encoder")
    registered(tmp_path, speaker=entry("safeguards.speaker.onnx_encoder:open_folder", folder))
    assert embed_partials(noise(3.0, 0.1)).shape[1] == NUMBERS
    brought_speaker.unregister()
    assert calibration().version.startswith("ge2e")
    assert embed_partials(noise(3.0, 0.1)).shape[1] == speaker.DIMENSION


def test_long_speech_is_embedded_stretch_by_stretch_to_its_end(tmp_path: Path) -> None:
    network = Network(encoder_graph(tmp_path / "encoder.onnx"))
    encoder = OnnxEncoder(network, window_s=2.0, step_s=1.0)
    speech = noise(5.5, 0.1)
    partials = encoder.partials(speech)
    assert len(partials) == 5  # at 0, 1, 2, 3 and 3.5 s
    np.testing.assert_allclose(partials[-1], encoder.partials(speech[-2 * RATE :])[0], atol=1e-5)
    assert len(encoder.partials(speech[:RATE])) == 1


def test_an_encoder_with_another_cohort_than_its_calibration_names_is_refused(tmp_path: Path) -> None:
    folder = encoder_folder(tmp_path / "encoder")
    rows = np.eye(NUMBERS, dtype=np.float32)
    (folder / "cohort.safetensors").write_bytes(save({"embeddings": rows, "whitening": rows}))
    found = registered(tmp_path, speaker=entry("safeguards.speaker.onnx_encoder:open_folder", folder))
    assert found.speaker is not None
    with pytest.raises(speaker.EncoderError, match="digest"):
        found.speaker.open()


def test_a_brought_detector_gives_verdicts_segments_and_the_liveness_score(tmp_path: Path) -> None:
    folder = detector_folder(tmp_path / "detector")
    options = {"technique": "a stand-in", "output": "z"}
    registered(tmp_path, detector=entry("safeguards.detector.onnx_detector:open_folder", folder, **options))
    sound = speech_data.load(speech_data.clips("LJ")[0])
    loud = Audio.mono(np.clip(sound.to_mono() / np.sqrt(np.mean(sound.to_mono() ** 2)) * 0.3, -1, 1), RATE)

    found = detector.score(loud)

    assert found.version == detector.score(sound).version == "stand-in-detector-1"
    assert found.verdict == "synthetic"
    assert found.cues == ()
    assert len(found.segments) > 1
    assert detector.technique() == "a stand-in"
    assert detector.bands() == pytest.approx((1 / (1 + np.exp(2.0)), 1 / (1 + np.exp(-2.0))))
    alive = liveness.assess(loud)
    assert "stand-in-detector-1" in alive.version
    assert alive.cues["detector"] == pytest.approx(found.p_synthetic)
    assert not alive.passed


def test_the_error_rates_of_ours_are_not_quoted_for_a_brought_model(tmp_path: Path) -> None:
    folder = detector_folder(tmp_path / "detector")
    options = {"technique": "a stand-in", "output": "z"}
    registered(tmp_path, detector=entry("safeguards.detector.onnx_detector:open_folder", folder, **options))
    assert measured.measured("detector").measures == ()
    assert measured.measured("detector").version == "stand-in-detector-1"
    assert measured.measured("replay").version.startswith("replay")

    rates = [{"what": "eer", "where": "untouched", "rate": 0.1, "n": 50}]
    content = {"version": "stand-in-detector-1", "bench": "python -m bench.detector", "measures": rates}
    (folder / "measured.json").write_text(json.dumps(content))
    registered(tmp_path, detector=entry("safeguards.detector.onnx_detector:open_folder", folder, **options))
    assert [one.rate for one in measured.measured("detector").measures] == [0.1]


def test_rates_that_were_changed_after_they_were_pinned_stop_the_start(tmp_path: Path) -> None:
    folder = detector_folder(tmp_path / "detector")
    (folder / "measured.json").write_text("{}")
    pins = entry("safeguards.detector.onnx_detector:open_folder", folder, technique="a stand-in")
    (folder / "measured.json").write_text('{"version": "better"}')
    with pytest.raises(InstalledError, match="not the pinned one"):
        registered(tmp_path, detector=pins)


def test_a_graph_that_is_none_or_lacks_the_output_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"not a graph")
    with pytest.raises(NetworkError, match="broken"):
        Network(tmp_path / "broken.onnx")
    with pytest.raises(NetworkError, match="no output 'logits'; it has y, z"):
        Network(detector_graph(tmp_path / "detector.onnx", 1.0), output="logits")


def test_a_network_that_takes_another_form_is_named(tmp_path: Path) -> None:
    network = Network(encoder_graph(tmp_path / "encoder.onnx"))
    with pytest.raises(NetworkError, match="shape"):
        OnnxEncoder(network, form="waveform").partials(noise(2.0, 0.1))


def test_calibration_puts_people_below_machines(tmp_path: Path) -> None:
    """Machines are louder here, and loudness is all that the stand-in hears."""

    class Made(Clip):
        def samples(self) -> np.ndarray:
            level = 0.2 if self.synthetic else 0.02
            return (level * self.generator("level").standard_normal(2 * RATE)).astype(np.float32)

    chosen = [
        Made(Path(f"{number}.flac"), f"voice{number % 3}", system, "made")
        for system in ("", "machine")
        for number in range(6)
    ]
    network = Network(detector_graph(tmp_path / "detector.onnx", 100.0), output="z")
    card = card_of(OnnxDetector(network), chosen, "made-1", "0" * 64)
    assert isinstance(card, Card)
    quiet, loud = (card.log_odds(99.0 * level**2, "noisy") for level in (0.02, 0.2))
    assert quiet < 0.0 < loud
    assert card.genuine_below < card.synthetic_above
    with pytest.raises(ValueError, match="machines"):
        card_of(OnnxDetector(network), chosen[:6], "made-1", "0" * 64)
