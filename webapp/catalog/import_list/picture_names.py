"""Which files are pictures by their name."""

_ENDINGS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".png", ".apng", ".webp", ".avif", ".avifs",
    ".heic", ".heif", ".hif", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".jxl", ".mpo",
)  # fmt: skip


def is_picture_name(name: str) -> bool:
    """Say whether a file's name ends as those of pictures do that we may read."""
    return name.lower().endswith(_ENDINGS)
