"""One stored instance, and the three texts made of it: envelope, receipt and link to itself (C3, D1).

An instance is kept as JSON text and put into answers as text; it is decoded only where a rule needs its values.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.emulator.jsontext import JsonObject, dump, load_object
from reconciler.emulator.registry import EntityType

PRODUCT_CONTEXTS = ("dma_offers", "acp")  # every container belongs to both (B2)
_CONTEXTS = f'"productContexts":{dump(PRODUCT_CONTEXTS)},'
# The columns of an instance in the store, in the order of its fields.
COLUMNS = (
    "row, scope, schema, instance_id, uri, etag, created, modified, created_by, modified_by,"
    " created_client, modified_client, text, links"
)


@dataclass(frozen=True, slots=True)
class Instance:
    """One revision of one instance as it stands in the store.

    scope: the container it lives in, or ``sandbox/NAME`` for a container itself.
    uri: its ``@id``; None for a container.   text, links: JSON of ``_instance`` and of the custom links.
    """

    row: int
    scope: str
    schema: str
    instance_id: str
    uri: str | None
    etag: int
    created: str
    modified: str
    created_by: str
    modified_by: str
    created_client: str
    modified_client: str
    text: str
    links: str

    @property
    def values(self) -> JsonObject:
        """What stands under ``_instance``, decoded."""
        return load_object(self.text)

    @property
    def entity_tag(self) -> str:
        """The value of the ETag header."""
        return f'"{self.etag}"'

    @property
    def location(self) -> str:
        """The address below the base path, without a leading slash."""
        if self.uri is None:
            return f"containers/{self.instance_id}"
        return f"{self.scope}/instances/{self.instance_id}"


def envelope_text(instance: Instance, entity: EntityType) -> str:
    """The instance as lookups and lists give it, as JSON text."""
    custom = "" if instance.links == "{}" else "," + instance.links[1:-1]
    versioned = entity.versioned
    contexts = _CONTEXTS if instance.uri is None else ""
    return (
        f'{{"instanceId":"{instance.instance_id}","schemas":["{versioned}"],{contexts}"repo:etag":{instance.etag},'
        f'"repo:createdDate":"{instance.created}","repo:lastModifiedDate":"{instance.modified}",'
        f'"repo:createdBy":"{instance.created_by}","repo:lastModifiedBy":"{instance.modified_by}",'
        f'"_instance":{instance.text},"_links":{{"self":{{"name":"{versioned}#{instance.instance_id}",'
        f'"href":"/{instance.location}","@type":"{versioned}"}}{custom}}}}}'
    )


def receipt(instance: Instance) -> JsonObject:
    """What a write answers with."""
    return load_object(receipt_text(instance))


def receipt_text(instance: Instance) -> str:
    """What a write answers with, as JSON text."""
    uri = "" if instance.uri is None else f'"@id":{dump(instance.uri)},'
    return (
        f'{{"instanceId":"{instance.instance_id}",{uri}"repo:etag":{instance.etag},'
        f'"repo:createdDate":"{instance.created}","repo:lastModifiedDate":"{instance.modified}",'
        f'"repo:createdBy":"{instance.created_by}","repo:lastModifiedBy":"{instance.modified_by}",'
        f'"repo:createdByClientId":{dump(instance.created_client)},'
        f'"repo:lastModifiedByClientId":{dump(instance.modified_client)}}}'
    )


def container_document(instance: Instance, entity: EntityType) -> JsonObject:
    """One container as the home document shows it (B1): with the keys of who wrote it."""
    envelope = load_object(envelope_text(instance, entity))
    clients = {name: value for name, value in receipt(instance).items() if name.endswith("ByClientId")}
    return {**envelope, **clients}
