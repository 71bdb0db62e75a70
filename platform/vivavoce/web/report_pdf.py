"""The verification report on paper, in the reader's language, signed as a whole.

The last line of the file is a statement of the log's key over every byte before it; ``python -m safeguards.audit.document`` checks it. The
signed report itself (JSON) is named by its digest, so that the two can be laid side by side.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any

from django.utils.translation import gettext
from reportlab.graphics.shapes import Drawing, Polygon
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image

from audiokit.clock import now
from safeguards.audit import logkeys
from safeguards.audit.document import PDF_REPORT, report_bytes, with_statement
from safeguards.audit.statement import sign_document
from synthesis.verification.view import SoundView
from vivavoce.web.documents import facts, gap, grid, pdf, text
from vivavoce.web.templatetags.web_report import error_name, error_rate, links, misses, rate, sentence
from vivavoce.web.templatetags.web_words import words

_WIDTH = 170 * mm


def report_pdf(report: dict[str, Any], *, view: SoundView | None, language: str) -> bytes:
    """Lay out and sign.

    Args:
        report: the signed JSON report.
        view: what the clip looks like, where it is still kept.
        language: of the document.

    Raises:
        LogKeyMissing: this process does not hold the log's present key.
    """
    digest = hashlib.sha256(report_bytes(report)).hexdigest()
    story = [
        *_head(report),
        *_picture(view),
        *_techniques(report),
        *_detector(report),
        *_chain(report),
        *_check(report, digest),
    ]
    footer = gettext("Question %(id)s, answered %(at)s") % {
        "id": report["question"],
        "at": _time(report["answered_at"]),
    }
    data = pdf(story, title=gettext("Verification report"), footer=footer, language=language)
    if not data.endswith(b"\n"):
        data += b"\n"
    key = logkeys.active()
    statement = sign_document(PDF_REPORT, data, key=key, origin=logkeys.origin(), at=now())
    return with_statement(data, statement)


def _head(report: dict[str, Any]) -> list[Flowable]:
    rows = [
        (gettext("Verdict"), words(report["verdict"])),
        (gettext("Clip, SHA-256"), report["sha256"]),
        (gettext("Length"), f"{report['seconds']:.2f} s"),
        (gettext("Answered"), _time(report["answered_at"])),
        (gettext("Question"), report["question"]),
    ]
    conflicts = [text(words(conflict)) for conflict in report.get("conflicts", [])]
    return [text(gettext("Verification report"), "title"), text(sentence(report["verdict"])), *conflicts, facts(rows)]


def _picture(view: SoundView | None) -> list[Flowable]:
    if view is None:
        return []
    height, step = 20 * mm, _WIDTH / max(len(view.low) - 1, 1)
    above = [(place * step, height / 2 * (1 + value)) for place, value in enumerate(view.high)]
    below = [(place * step, height / 2 * (1 + value)) for place, value in reversed(list(enumerate(view.low)))]
    drawing = Drawing(_WIDTH, height)
    points = [number for point in [*above, *below] for number in point]
    drawing.add(Polygon(points, fillColor=HexColor("#0b5d5e"), strokeColor=None))
    caption = gettext("Waveform and spectrogram, 0 to %(khz)s kHz, over %(seconds)s seconds") % {
        "khz": view.highest_hz // 1000,
        "seconds": f"{view.seconds:.1f}",
    }
    return [
        gap(),
        drawing,
        gap(1),
        Image(io.BytesIO(view.picture), width=_WIDTH, height=36 * mm),
        text(caption, "soft"),
    ]


def _techniques(report: dict[str, Any]) -> list[Flowable]:
    head = [
        gettext("Technique"),
        gettext("Says"),
        gettext("Wrongly says “found” of other sound"),
        gettext("Where, in seconds"),
    ]
    rows = [
        [
            words(each["name"]),
            words(each["outcome"]),
            gettext("not measured") if each["false_positive_rate"] is None else rate(each["false_positive_rate"]),
            ", ".join(f"{start:.1f}–{end:.1f}" for start, end in each["spans"]) or "–",
        ]
        for each in report["techniques"]
    ]
    return [
        text(gettext("What each technique says"), "heading"),
        grid(head, rows, widths=[3, 2, 3, 2]),
        text(gettext("How often it errs"), "heading"),
        facts([(words(each["name"]), _errs(each)) for each in report["techniques"]]),
    ]


def _errs(technique: dict[str, Any]) -> str:
    rates = [f"{error_name(error)}: {error_rate(error)}" for error in technique.get("error_rates") or []]
    unknown = f"{gettext('How often it misses a clip made here:')} {gettext('not measured')}"
    return "; ".join(rates) or misses(technique["name"]) or unknown


def _detector(report: dict[str, Any]) -> list[Flowable]:
    found = report.get("detector")
    if not found:
        return []
    low, high = found["bands"]
    said = gettext(
        "Probability of machine-made speech: %(p)s (%(verdict)s). Between %(low)s and %(high)s no verdict is given. Version %(version)s."
    ) % {
        "p": f"{found['p_synthetic']:.2f}",
        "verdict": words(found["verdict"]),
        "low": f"{low:.2f}",
        "high": f"{high:.2f}",
        "version": found["version"],
    }
    return [text(gettext("Does it sound machine-made?"), "heading"), text(said)]


def _chain(report: dict[str, Any]) -> list[Flowable]:
    story: list[Flowable] = [text(gettext("From the clip back to the consent"), "heading")]
    if not report.get("chain"):
        return [*story, text(gettext("Nothing leads to a request of this platform."))]
    rows = [
        [
            link.title,
            str(link.facts.get("id", "–")),
            words(str(link.facts["state"])) if link.facts.get("state") else "–",
            ", ".join(map(str, link.indices)) or "–",
        ]
        for link in links(report["chain"])
    ]
    return [
        *story,
        grid([gettext("Link"), gettext("Id"), gettext("State"), gettext("Log entries")], rows, widths=[2, 5, 2, 3]),
    ]


def _check(report: dict[str, Any], digest: str) -> list[Flowable]:
    return [
        text(gettext("Checking this without us"), "heading"),
        text(
            gettext(
                "The last line of this file is a signature over all of it, by the key that signs the log. This command checks it:"
            )
        ),
        text("python -m safeguards.audit.document report.pdf --key log.vkey", "code"),
        gap(1),
        facts(
            [
                (gettext("Signing key"), report["signature"]["key"]),
                (gettext("The same report as JSON: SHA-256 of what is signed"), digest),
                (gettext("Its signature"), report["signature"]["value"]),
            ]
        ),
        text(gettext("Get the key from somewhere you trust, not from this file."), "soft"),
    ]


def _time(moment: str) -> str:
    return moment[:19].replace("T", " ") + " UTC"
