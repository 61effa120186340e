"""Findings as values, the catalogue of their codes, and the ways to print them."""

from .values import Diagnostic, Edit, Fix, Hop, Note, Severity, Span

__all__ = ["Diagnostic", "Edit", "Fix", "Hop", "Note", "Severity", "Span"]
