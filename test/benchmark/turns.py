# Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How the benchmarks take times: of several ways, taking turns in one process."""

import statistics
import time


def take_turns(runs, seconds=0, rounds=1, calls=1, block=0, pause=0):
    """Median time of a call of each of the callables: `calls` of one, for `block` seconds at
    least, after those of the other, behind a call that doesn't count; `rounds` times, for
    `seconds` a callable at least. The pause lets the other's spinning threads go to sleep."""
    times = [[] for _ in runs]
    end = time.perf_counter() + seconds * len(runs)
    while rounds > 0 or time.perf_counter() < end:
        rounds -= 1
        for run, into in zip(runs, times):
            time.sleep(pause)
            run()
            start = stop = time.perf_counter()
            count = 0
            while count < calls or stop - start < block:
                before = stop
                run()
                stop = time.perf_counter()
                into.append(stop - before)
                count += 1
    return [statistics.median(t) for t in times]
