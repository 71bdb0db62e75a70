"""The console's words in other languages: what is marked, what is missing, and the catalogues kept in order.

    python -m vivavoce.web.catalogues [NEW.json]

``NEW.json`` holds ``{"phrase": {"de": "…", "zh_Hans": "…"}}``. Each catalogue is written anew, sorted by phrase, without phrases that nothing
uses any more, and compiled (GNU ``msgfmt``). The marks of a merge conflict are dropped, so that both sides' phrases stay: run it, and the
conflict is resolved. What is still untranslated is named, and the exit status is 1.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

ROOM = Path(__file__).parent
LANGUAGES = ("de", "zh_Hans")
SIGN_IN = ROOM / "locale_sign_in" / "de" / "LC_MESSAGES" / "django.po"
"""Phrases of django-allauth that we say in other words: its German addresses people as friends, ours does not."""
_TRANSLATE = re.compile(r"{%\s*translate\s+(?:\"([^\"]+)\"|'([^']+)')")
_BLOCK = re.compile(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
_VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")
_ENTRY = re.compile(r'^msgid ("(?:[^"\\]|\\.)*")\nmsgstr ("(?:[^"\\]|\\.)*")$', re.MULTILINE)
_CONFLICT = re.compile(r"^<{7}[^\n]*\n(.*?)^={7}\n(.*?)^>{7}[^\n]*\n", re.MULTILINE | re.DOTALL)
_MARKERS = {"_", "gettext", "gettext_lazy"}


def phrases() -> set[str]:
    """What templates and Python mark for translation.

    Raises:
        ValueError: something else than plain text is marked.
    """
    found: set[str] = set()
    for template in (ROOM / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        found |= {double or single for double, single in _TRANSLATE.findall(text)}
        found |= {_VARIABLE.sub(r"%(\1)s", block) for block in _BLOCK.findall(text)}
    for module in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKERS:
                first = node.args[0]
                if not isinstance(first, ast.Constant):
                    raise ValueError(f"{module}: only plain text can be translated")
                found.add(str(first.value))
    return found


def source_path(language: str) -> Path:
    """Where the words of a language are written."""
    return ROOM / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> dict[str, str]:
    """The catalogue as it is written; of a conflict, what either side holds."""
    return read_source(source_path(language))


def read_source(path: Path) -> dict[str, str]:
    """A catalogue's phrases and translations."""
    text = path.read_text(encoding="utf-8")
    sides = [_CONFLICT.sub(lambda found, side=side: found[side], text) for side in (1, 2)]  # type: ignore[misc]
    pairs = [
        (ast.literal_eval(left), ast.literal_eval(right)) for side in sides for left, right in _ENTRY.findall(side)
    ]
    return {left: right for left, right in pairs if left}


def write(language: str, words: dict[str, str]) -> None:
    """Write the catalogue, sorted, and compile it."""
    path = source_path(language)
    head = path.read_text(encoding="utf-8").partition("\n\n")[0]
    entries = [
        f"{'#, python-format' + chr(10) if '%(' in phrase else ''}msgid {_quoted(phrase)}\nmsgstr {_quoted(words[phrase])}"
        for phrase in sorted(words)
    ]
    path.write_text("\n\n".join([head, *entries]) + "\n", encoding="utf-8")
    _compile(path)


def _compile(path: Path) -> None:
    compiled = path.with_suffix(".mo")
    subprocess.run(["msgfmt", "--no-hash", "-o", str(compiled), str(path)], check=True)  # noqa: S603, S607 -- our own file


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def main(arguments: list[str]) -> int:
    """Take new words in and put the catalogues in order."""
    fresh = json.loads(Path(arguments[0]).read_text(encoding="utf-8")) if arguments else {}
    wanted = phrases()
    missing = 0
    for language in LANGUAGES:
        known = read(language) | {phrase: words[language] for phrase, words in fresh.items()}
        write(language, {phrase: known[phrase] for phrase in wanted if known.get(phrase)})
        lacking = sorted(phrase for phrase in wanted if not known.get(phrase))
        missing += len(lacking)
        sys.stdout.writelines(f"{language}: {json.dumps(phrase, ensure_ascii=False)}\n" for phrase in lacking)
    _compile(SIGN_IN)
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
