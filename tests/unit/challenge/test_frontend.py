from __future__ import annotations

from pathlib import Path

import numpy as np
from pocketsphinx import Decoder

from safeguards.challenge.frontend import raw_cepstra
from tests import speech_data


def test_cepstra_are_those_of_the_decoder_the_model_was_made_for(tmp_path: Path) -> None:
    samples = np.round(speech_data.load(speech_data.clips("kathleen")[0]).to_mono() * 32767.0).astype(np.int16)
    decoder = Decoder(lm=None, loglevel="FATAL", mfclogdir=str(tmp_path))
    decoder.set_align_text("hello")
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    content = next(tmp_path.iterdir()).read_bytes()
    theirs = np.frombuffer(content[4:], dtype=">f4").reshape(-1, 13)
    ours = raw_cepstra(samples.astype(np.float64))
    count = min(len(theirs), len(ours))
    assert count > 300
    assert np.abs(theirs[: count - 1] - ours[: count - 1]).max() < 0.01
