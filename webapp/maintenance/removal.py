"""Taking items out of the catalogue, with their thumbnails."""

from collections.abc import Sequence

from webapp.catalog.reader import Catalog
from webapp.catalog.unused_photos import drop_unused
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import ItemNotFound
from webapp.pictures.thumbnails import ThumbStore


def remove(
    catalog: Catalog, thumbs: ThumbStore, ids: Sequence[int], *, for_good: bool = True
) -> None:
    """Take items out of the catalogue; their original photos stay where they are.

    `for_good`: an import leaves these photos out, unless it is told to take them in again.

    Raises:
        ItemNotFound: one of them does not exist; then none is taken out.
    """
    items = catalog.items(ids)
    missing = set(ids) - {item.id for item in items}
    if missing:
        raise ItemNotFound(f"there is no item {', '.join(map(str, sorted(missing)))}")
    writer = CatalogWriter(catalog)
    writer.remove(ids, for_good=for_good)
    digests = {photo.digest for item in items for photo in item.photos}
    drop_unused(writer, catalog, thumbs, [(digest, None) for digest in digests])
