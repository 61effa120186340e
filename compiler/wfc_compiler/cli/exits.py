"""The exit codes of the compiler's commands, apart from 0.

Nothing comes in; every command and `wfc` itself end with one of these. They stand alone, so that
`wfc --help` loads no compiler.
"""

from __future__ import annotations

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
