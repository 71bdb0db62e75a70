"""Make the spoken notices that egress puts before a clip.

Run ``python manage.py shell -c "from synthesis.render.notices import make_notices; make_notices()"``.

They lie in the repository, because egress holds no engine and must not depend on one for what the law may demand. Spoken by a
sandbox actor, so that no person's voice announces anything.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from audiokit import write
from synthesis.engine import registry
from synthesis.engine.parametric.actors import sandbox_actor
from synthesis.engine.protocol import RenderItem

FOLDER: Final = Path(__file__).parents[1] / "egress" / "notices"
SENTENCES: Final = {"en": "The voice you are about to hear is computer generated."}
ACTOR_SEED: Final = 1

logger = logging.getLogger(__name__)


def make_notices(folder: Path = FOLDER) -> list[Path]:
    """Speak each sentence and write ``<language>.flac``; returns the files."""
    folder.mkdir(exist_ok=True)
    engine, voice = registry.get("parametric"), sandbox_actor(ACTOR_SEED)
    made: list[Path] = []
    for language, sentence in SENTENCES.items():
        (sound,) = engine.render_batch([RenderItem(voice=voice, text=sentence, seed=1, language=language)])
        path = folder / f"{language}.flac"
        path.write_bytes(write(sound, "flac"))
        logger.info("%s: %.2f s", path, sound.seconds)
        made.append(path)
    return made
