"""Whether the annotations of a step or workflow can be read, and whether what fits them can be recorded.

In: the codec of its signature. Out: what is wrong, as text.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from tests.e2e.breaking.values import value_for
from wfc.codec import SignatureCodec


def unread(signature: SignatureCodec) -> Iterator[str]:
    """Yield the names of what has an annotation that can't be read."""
    written = signature.signature
    named = {name: item.annotation for name, item in written.parameters.items()}
    for name, annotation in {**named, "return": written.return_annotation}.items():
        if annotation is not inspect.Signature.empty and annotation is not None and name not in signature._hints:
            yield name


def unrecordable(signature: SignatureCodec) -> Iterator[str]:
    """Write and read a value for each annotation, and yield what goes wrong."""
    for name, annotation in signature._hints.items():
        try:
            value = value_for(annotation)
            read = signature._codec.decode(signature._codec.encode(value))
            signature._checked(read, annotation, name)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong
            yield f"{name}: {type(error).__name__}: {error}"
