"""The registry that every step and workflow of the shop is declared with."""

import wfc

wf = wfc.Workflows()
