"""What library functions do and give: shipped as TOML, overridden by a project's `[tool.wfc.decls]`."""

from .table import Facts

__all__ = ["Facts"]
