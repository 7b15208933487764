"""The description of the API, judged by somebody else's validator of OpenAPI 3.1."""

from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator

from reconciler.emulator.openapi import openapi_document
from reconciler.emulator.registry import built_in_registry


def test_the_document_is_openapi() -> None:
    document = openapi_document(built_in_registry())
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_a_broken_document_would_be_noticed() -> None:
    document = openapi_document(built_in_registry())
    del document["paths"]["/"]["get"]["responses"]["200"]["description"]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) != []
