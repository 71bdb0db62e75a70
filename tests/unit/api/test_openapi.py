"""The OpenAPI document and its page."""

from __future__ import annotations

import json
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.functional.driver import Api, document

pytestmark = pytest.mark.django_db


def test_the_document_is_valid_openapi_3_1() -> None:
    described = document(Api().get("/openapi.json"))
    assert described["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []


def test_every_operation_says_what_it_is_and_how_it_fails() -> None:
    described = document(Api().get("/openapi.json"))
    ids = []
    for path in described["paths"].values():
        for operation in path.values():
            ids.append(operation["operationId"])
            assert operation["summary"]
            assert operation["description"]
            assert operation["tags"]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert len(ids) == len(set(ids))


def test_every_input_forbids_unknown_members() -> None:
    schemas = document(Api().get("/openapi.json"))["components"]["schemas"]
    inputs = {name: schema for name, schema in schemas.items() if name.endswith("In")}
    assert len(inputs) >= 12
    assert all(schema["additionalProperties"] is False for schema in inputs.values())


def test_every_post_that_makes_something_takes_an_idempotency_key() -> None:
    described = document(Api().get("/openapi.json"))
    for path, methods in described["paths"].items():
        operation = methods.get("post")
        if operation is None or "verification" in operation["tags"]:
            continue
        named = [parameter["name"] for parameter in operation.get("parameters", [])]
        assert ("Idempotency-Key" in named) == bool(
            {"201", "202"} & set(operation["responses"]) or "speech" in operation["tags"]
        ), path


def test_the_page_loads_nothing_from_elsewhere_and_describes_every_operation_and_shape() -> None:
    api = Api()
    page = api.client.get("/v1/docs").content.decode()
    loaded = re.findall(r'(?:src="|rel="(?:stylesheet|icon)" href=")([^"]+)"', page)
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)
    described = document(api.get("/openapi.json"))
    for path, methods in described["paths"].items():
        assert f"<code>{path}</code>" in page
        assert all(f'id="{operation["operationId"]}"' in page for operation in methods.values())
    assert set(re.findall(r'href="#(shape-\w+)"', page)) <= set(re.findall(r'id="(shape-\w+)"', page))
    assert len(re.findall(r'id="shape-', page)) == len(described["components"]["schemas"])
    assert len(page) < 300_000


def test_the_document_is_json_of_moderate_size() -> None:
    assert len(json.dumps(document(Api().get("/openapi.json")))) < 400_000
