from vercel import workflow

wf = workflow.Workflows()
