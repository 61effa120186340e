import wfc

wf = wfc.Workflows()
