import wfc as workflow

wf = workflow.Workflows()
