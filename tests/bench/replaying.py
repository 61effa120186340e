"""`python -m tests.bench.replaying PROJECT RUN`: bring a run back as a worker does, and print the seconds of each time.

The first time imports the flow's route, as the first run of a worker's life does, and isn't printed.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from wfc.cli.worker import tune_interpreter
from wfc.client import connect
from wfc.clock import wall_clock_us
from wfc.engine.state import RunState
from wfc.worker.recall import Recall
from wfc.worker.warm import WarmRuns

_TIMES = 11


async def _main(project: Path, run_id: str) -> list[float]:
    tune_interpreter()
    client = connect(project)
    recall = Recall(client.store, client.builds, WarmRuns(0), wall_clock_us)
    times = []
    for _ in range(_TIMES + 1):
        run = await client.store.run(run_id)
        began = time.perf_counter()
        state = await recall.bring_back(run)
        times.append(time.perf_counter() - began)
        if not isinstance(state, RunState):
            raise SystemExit(f"{run_id} can't be replayed: {state}")
        state.flow.evict()
    await client.store.close()
    return times[1:]


print(json.dumps(asyncio.run(_main(Path(sys.argv[1]), sys.argv[2]))))
