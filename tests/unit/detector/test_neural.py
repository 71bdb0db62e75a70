from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch.nn import functional as F

from safeguards.detector import copies
from safeguards.detector.neural import data, systems
from safeguards.detector.neural import train as training
from safeguards.detector.neural.copying import as_predicted, copiers
from safeguards.detector.neural.mel import Settings, linear, log_mel, magnitudes
from safeguards.detector.neural.upsampling import MultiBand, synthesis_bank
from safeguards.detector.parts import voice_part

_TRAIN, _TEST = "kathleen", "ls1688"


def _hum(seconds: float = 1.5, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * 16_000)) / 16_000
    voice = sum(np.sin(2 * np.pi * 120 * harmonic * times) / harmonic for harmonic in range(1, 30))
    return np.asarray(
        0.1 * voice * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * times)) + 0.003 * rng.standard_normal(len(times))
    )


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    folder = tmp_path / "speech"
    folder.mkdir()
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, ["kind", "codec", "speaker", "path", "seconds"])
        writer.writeheader()
        for place, (voice, kind, codec) in enumerate(
            [
                (_TRAIN, "bonafide", "flac"),
                (_TEST, "bonafide", "flac"),
                (_TRAIN, "spoof", "flac"),
                (_TRAIN, "bonafide", "opus"),
            ]
        ):
            soundfile.write(folder / f"{place}.flac", _hum(seed=place), 16_000)
            writer.writerow({"kind": kind, "codec": codec, "speaker": voice, "path": f"{place}.flac", "seconds": 1.5})
    return folder


def test_vocoders_hear_lossless_people_of_the_training_part_alone(speech: Path) -> None:
    assert voice_part(_TRAIN) == "train"
    assert voice_part(_TEST) == "test"
    assert [path.name for path in data.recordings(speech)] == ["0.flac"]
    assert len(data.samples(speech)) == 24_000


@pytest.mark.parametrize("name", sorted(systems.SYSTEMS))
def test_what_is_trained_is_written_opened_and_copies(
    name: str, speech: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = systems.SYSTEMS[name]
    small = replace(system, batch=1, segment=12 * system.settings.hop, judged_from=0.0 if system.judges else 1.0)
    monkeypatch.setitem(systems.SYSTEMS, name, small)
    training.main(
        ["--system", name, "--speech", str(speech), "--out", str(tmp_path), "--steps", "2", "--seconds", "600"]
    )
    first = json.loads((tmp_path / f"{name}.log").read_text(encoding="utf-8").splitlines()[0])
    assert ("judged" in first) == bool(system.judges)
    assert all(np.isfinite(value) for value in first.values())
    copier = copiers(tmp_path)[copies.BEGINNING + name]
    samples = _hum(0.4, 3)
    made = copier(samples, np.random.default_rng(1))
    assert len(made) == len(samples)
    assert np.isfinite(made).all()
    assert made.std() > 0.0
    assert np.array_equal(made, copier(samples, np.random.default_rng(1)))
    assert (tmp_path / f"{name}.safetensors").stat().st_size < 8_000_000


def test_training_comes_nearer_to_what_it_hears(speech: Path) -> None:
    torch.manual_seed(3)
    run = training.Training("multiband", speech, torch.device("cpu"))
    run.system = replace(run.system, batch=2, segment=4000)
    losses = [float(run.step(0.0)["mel"].detach()) for _ in range(30)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_a_file_of_no_known_system_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors", metadata={"card": '{"system": "other"}'})
    with pytest.raises(ValueError, match="no system"):
        systems.load(tmp_path / "other.safetensors")


def test_bands_put_together_are_what_was_taken_apart() -> None:
    samples = torch.randn(1, 1, 4000, generator=torch.Generator().manual_seed(1))
    bank = synthesis_bank(MultiBand.BANDS)
    apart = F.conv1d(F.pad(samples, (31, 31)), bank, stride=4)
    back = F.conv_transpose1d(apart, bank * 4, stride=4)[:, :, 31:]
    assert float((back[..., 100:3800] - samples[..., 100:3800]).square().mean()) < 1e-4


def test_lines_from_mel_bands_have_the_level_of_the_spectrum() -> None:
    settings = Settings(640, 160, centred=True)
    samples = torch.from_numpy(_hum()).float()[None]
    ratio = magnitudes(samples, settings) / linear(log_mel(samples, settings), settings)
    assert 0.5 < float(ratio[:, 5:-5].square().mean().sqrt()) < 2.0


def test_a_predicted_spectrogram_is_smoother() -> None:
    rng = np.random.default_rng(2)
    mel = rng.standard_normal((80, 100))
    for _ in range(5):
        smooth = as_predicted(mel, rng)
        assert smooth.shape == mel.shape
        assert np.square(smooth).mean() < np.square(mel).mean()
