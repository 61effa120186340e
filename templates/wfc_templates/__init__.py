"""Jinja2 templates of the files that the compiler emits; package data, no logic."""
