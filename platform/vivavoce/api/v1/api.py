"""All routers under one OpenAPI document."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI

from vivavoce.api.errors import install
from vivavoce.api.reference import Reference
from vivavoce.api.v1 import (
    accounts,
    consents,
    conversion,
    enrolments,
    grants,
    operators,
    proof,
    speech,
    synthesis,
    voices,
    webhooks,
)

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document. 'code' is stable; 'codes' lists every reason that held, weightiest first.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "codes": {"type": "array", "items": {"type": "string"}},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key with the same request repeats the first answer for 24 hours.",
}


class VivavoceAPI(NinjaAPI):
    """Adds to the document what every operation shares: the problem answer, and the idempotency header of what creates work."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """The OpenAPI 3.1 document."""
        document = super().get_openapi_schema(**options)
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
        refused = {
            "description": "A problem.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for path in document["paths"].values():
            for method, operation in path.items():
                operation["responses"].setdefault("default", refused)
                if method == "post" and _creates(operation):
                    operation.setdefault("parameters", []).append(_KEY_HEADER)
        return document


def _creates(operation: dict[str, Any]) -> bool:
    # Analyses are keyed by nothing and cost nothing to repeat; everything else that answers 201, 202 or audio makes a row.
    made = {str(status) for status in operation["responses"]} & {"201", "202"}
    return bool(made and "verification" not in operation["tags"]) or "speech" in operation["tags"]


api = VivavoceAPI(
    title="Vivavoce",
    version="1",
    description="A voice speaks only while its owner's spoken consent and a grant stand; every clip is watermarked, signed and logged.",
    urls_namespace="v1",
    docs=Reference(),
    docs_url="/docs",
    openapi_url="/openapi.json",
)
install(api)
api.add_router("/audio", speech.openai)
api.add_router("/text-to-speech", speech.elevenlabs)
api.add_router("/synthesis", synthesis.router)
api.add_router("/speech-to-speech", conversion.router)
api.add_router("/clips", synthesis.clips)
api.add_router("/uses", synthesis.uses)
api.add_router("/owners", voices.owners)
api.add_router("/voices", voices.router)
api.add_router("/consents", consents.router)
api.add_router("/challenges", consents.challenges)
api.add_router("/enrolments", enrolments.router)
api.add_router("/grants", grants.router)
api.add_router("/organisations", accounts.organisations)
api.add_router("/keys", accounts.keys)
api.add_router("/webhooks", webhooks.router)
api.add_router("/verify", proof.verify)
api.add_router("/detect", proof.detect)
api.add_router("/log", proof.log)
api.add_router("/reviews", consents.reviews)
api.add_router("/protected-voices", operators.router)
