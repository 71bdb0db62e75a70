"""The page that describes the API: made on the server from the OpenAPI document, without a script, readable on a phone and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

Schema = Mapping[str, Any]
_SHAPES = "#/components/schemas/"


class Field(NamedTuple):
    """One member of a body, or one parameter. ``shape`` names a shape that is described below, where the type is one."""

    name: str
    type: str
    shape: str
    required: bool
    text: str


class Body(NamedTuple):
    """What is sent or answered in one media type."""

    media: str
    type: str
    shape: str


class Operation(NamedTuple):
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    secured: bool
    parameters: list[Field]
    bodies: list[Body]
    answers: list[tuple[str, str, list[Body]]]


class Reference(DocsBase):
    """Plugs into ninja as the page of ``docs_url``."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """The whole reference."""
        document = api.get_openapi_schema(path_params=kwargs)
        groups: dict[str, list[Operation]] = {}
        for operation, tag in _operations(document):
            groups.setdefault(tag, []).append(operation)
        shapes = [
            (name, shape.get("description", ""), _members(shape))
            for name, shape in sorted(document["components"]["schemas"].items())
        ]
        shown = {"info": document["info"], "groups": sorted(groups.items()), "shapes": shapes}
        return render(request, "web/reference.html", shown)


def _operations(document: Schema) -> Iterator[tuple[Operation, str]]:
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            answers = [
                (str(status), answer.get("description", ""), _bodies(answer.get("content", {})))
                for status, answer in found["responses"].items()
            ]
            operation = Operation(
                id=found["operationId"],
                method=method.upper(),
                path=path,
                summary=found.get("summary", ""),
                text=found.get("description", ""),
                secured=bool(found.get("security")),
                parameters=[
                    Field(each["name"], *_type(each.get("schema", {})), bool(each.get("required")), _told(each))
                    for each in found.get("parameters", [])
                ],
                bodies=_bodies(found.get("requestBody", {}).get("content", {})),
                answers=answers,
            )
            yield operation, (found.get("tags") or ["other"])[0]


def _bodies(content: Schema) -> list[Body]:
    return [Body(media, *_type(part.get("schema", {}))) for media, part in content.items()]


def _members(shape: Schema) -> list[Field]:
    required = set(shape.get("required", []))
    return [
        Field(name, *_type(member), name in required, _told(member))
        for name, member in shape.get("properties", {}).items()
    ]


def _told(member: Schema) -> str:
    """Its description, and what bounds it."""
    inner = member.get("schema", member)
    said = [str(member.get("description") or inner.get("description") or "")]
    if inner.get("default") not in (None, "", [], {}):
        said.append(f"Default {inner['default']}.")
    bounds = [("minimum", "from {}"), ("maximum", "up to {}"), ("maxLength", "up to {} characters")]
    found = [form.format(inner[name]) for name, form in bounds if name in inner]
    return " ".join(filter(None, [*said, (", ".join(found).capitalize() + ".") if found else ""]))


def _type(schema: Schema) -> tuple[str, str]:
    """Its type in words, and the shape that it refers to."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SHAPES)
        return name, name
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"])), ""
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            parts = [_type(part) for part in schema[union]]
            return " or ".join(name for name, _ in parts), next((shape for _, shape in parts if shape), "")
    kind = str(schema.get("format") or schema.get("type") or "any")
    if schema.get("type") == "array":
        name, shape = _type(schema.get("items", {}))
        return f"list of {name}", shape
    return kind, ""
