"""Jinja2 templates of the emitted files: data of the compiler, no logic."""
