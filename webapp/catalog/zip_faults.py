"""What Python's zipfile raises where an archive is damaged, or written as it cannot read it."""

import lzma
import zipfile
import zlib

ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,  # of what is compressed, as where other programs packed it again
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # another way to compress
    RuntimeError,  # a password
)
