"""The name under which a benchmark keeps what it made of a file or folder: another source, or one that changed, has another."""

import hashlib
import os


def key(source):
    """The source's base name, and a hash of where it lies, its size and the time of its last change (of a folder, its own)."""
    path = os.path.abspath(source)
    status = os.stat(path)
    facts = f"{path}\n{status.st_size}\n{status.st_mtime_ns}".encode()
    return f"{os.path.basename(path).split('.')[0]}-{hashlib.sha256(facts).hexdigest()[:12]}"
