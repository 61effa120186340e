"""What the tests of the content workflows share."""

import wfc.compat.vercel  # noqa: F401 - `from vercel import workflow` means wfc, as it does in a build
