"""The storage that the setting HASHBAG_PHOTOS names."""

from webapp.config.settings import Settings
from webapp.storage import Storage
from webapp.storage.local import LocalStorage
from webapp.storage.s3 import S3Storage, require_library


def storage_of(settings: Settings) -> Storage:
    """Build the storage that the settings name: the instance folder unless another is set.

    Raises:
        ConfigError: what it needs is not installed.
    """
    if address := settings.photos_address:
        require_library()
        return S3Storage(*address)
    assert settings.photos_folder, "it is an address or a folder"
    return LocalStorage(settings.photos_folder)
