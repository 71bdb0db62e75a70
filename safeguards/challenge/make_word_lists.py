"""Make the two English word lists: ``python -m safeguards.challenge.make_word_lists --dictionary FILE --out FILE``.

Run by developers, seldom; the result is committed, and differs with the spelling dictionary that is given. The list in use
is such a result in which seven words that nobody should be made to read were exchanged later for others as far from the
rest. Candidates are common words (unigrams of the language model that ``pocketsphinx`` carries) that a plain spelling
dictionary also holds in lower case, so that no names come in.
The even list takes words of two syllables, the odd list words of three, so that a missing, repeated or swapped word
breaks the alternation even where single words sound alike. Words are picked greedily, each as far as possible in
phones from all picked before it, in both lists.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pocketsphinx import NGramModel

from safeguards.challenge.acoustic_model import model_folder
from safeguards.challenge.lexicon import Pronunciation, pronunciations
from safeguards.challenge.phones import distance, syllables

LIST_SIZE = 256
_CANDIDATES = 1800  # most frequent words per list that may be picked
_PHONES = {2: range(5, 9), 3: range(6, 10)}
_ENDINGS = ("s", "ed", "ing", "ly", "er's", "est")
# Parts of words nobody should be made to read aloud: body, crime, death, faith, illness, insult, party, war.
_UNWELCOME = (
    "abstinen", "abus", "addict", "adult", "agnostic", "aids", "alcohol", "angel", "anthrax", "arab", "archbishop",
    "assault", "autopsy", "baptis", "bastard", "battle", "beaten", "bible", "bigot", "bisexual", "bitch", "blackmail",
    "blasphem", "blood", "bomb", "boycott", "bullet", "cancer", "carnage", "casualt", "cathol", "chastit", "christ", "cleric", "church",
    "clinton", "cocaine", "coffin", "commun", "communis", "conserv", "convict", "corpse", "corrupt", "crime", "crimin", "crippl",
    "cruel", "crusade", "dead", "death", "defect", "demise", "democra", "devil", "disabl", "disease", "divorc", "drug",
    "drunk", "dying", "enem", "erotic", "ethnic", "evil", "execut", "fascis", "fatal", "femin", "funeral", "genit",
    "genocid", "german", "godfather", "graveyard", "guerrill", "guilt", "gypsy", "hatred", "heroin", "hijack",
    "holocau", "homicid", "homosex", "hostag", "hostil", "housewife", "hypocrit", "immigra", "indict", "inferior",
    "insan", "invader", "islam", "israel", "jesus", "jewish", "jihad", "junkie", "kidnap", "kill", "lesbian",
    "liberal", "macintosh", "mafia", "malignan", "manslaughter", "marijuana", "masculin", "masoch", "massacr", "massage",
    "mayhem", "milit", "murder", "muslim", "naked", "nazi", "negro", "neurotic", "nicotine", "nuclear", "orgasm",
    "orthodox", "pagan", "palesti", "patriarch", "penis", "pesticid", "piss", "pistol", "placenta", "poison", "police",
    "politic", "porn", "pregnan", "priest", "prison", "prophet", "prostit", "pubert", "protest", "psychopath", "rabbi", "racial",
    "racis", "radical", "rape", "rapist", "refugee", "religi", "republic", "revenge", "revolver", "rifle", "riot",
    "sabotage", "salvation", "sanctit", "satan", "scapegoat", "senat", "sensual", "sexual", "shooting", "sinner", "slave",
    "slaver", "smallpox", "sniper", "soviet", "stupid", "suicid", "surgery", "synagogue", "terror", "torpedo",
    "tortur", "traitor", "trauma", "tumor", "ugly", "vagina", "vampire", "victim", "violen", "virgin", "virus",
    "vomit", "warfare", "weapon", "weirdo", "whore", "wicked", "widow", "witchcraft", "worship", "wound",
)  # fmt: skip


def candidates(spelling: Path, syllable_count: int) -> list[tuple[str, Pronunciation]]:
    """Common, inoffensive words of one pronunciation and the given syllable count, most frequent first."""
    model = NGramModel.readfile(str(model_folder() / "en-us.lm.bin"))
    spelled = set(spelling.read_text(encoding="utf-8").split())
    found = []
    for word, variants in pronunciations().items():
        if word not in spelled or not word.isalpha() or word.endswith(_ENDINGS) or len(variants) != 1:
            continue
        phones = variants[0]
        if syllables(phones) != syllable_count or len(phones) not in _PHONES[syllable_count]:
            continue
        if any(part in word for part in _UNWELCOME):
            continue
        found.append((model.prob([word]), word, phones))
    found.sort(reverse=True)
    return [(word, phones) for _, word, phones in found[:_CANDIDATES]]


def pick(pool: list[tuple[str, Pronunciation]], taken: list[Pronunciation]) -> list[tuple[str, float]]:
    """Greedy farthest-point choice of ``LIST_SIZE`` words; ``taken`` grows. Returns words with distance when picked."""
    nearest = [min((distance(phones, other) for other in taken), default=99.0) for _, phones in pool]
    picked = []
    for _ in range(LIST_SIZE):
        best = max(range(len(pool)), key=lambda place: (nearest[place], -place))
        word, phones = pool[best]
        picked.append((word, nearest[best]))
        taken.append(phones)
        nearest = [min(old, distance(phones, other)) for old, (_, other) in zip(nearest, pool, strict=True)]
    return picked


def main() -> None:
    """Write the lists as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dictionary", type=Path, required=True, help="spelling dictionary, one word per line")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    taken: list[Pronunciation] = []
    lists: dict[str, list[str] | float] = {}
    for name, count in (("even", 2), ("odd", 3)):
        picked = pick(candidates(arguments.dictionary, count), taken)
        lists[name] = sorted(word for word, _ in picked)
        lists[f"{name}_least_distance"] = min(separation for _, separation in picked)
    arguments.out.write_text(json.dumps({"version": "en-2", **lists}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
