"""A long job whose processes are killed once a minute: what grows, what is left behind.

    soak.py BIN [MINUTES]      60 by default

Ends with 0 where nothing of the data was lost or trained twice, nothing was left behind, and neither the supervisor nor
a life's roles hold more memory or files at the end than they did early on.
"""

import os
import random
import signal
import statistics
import sys
import time

from fault_test import ROLES, Job
from units import History

MINUTES = float(sys.argv[2]) if len(sys.argv) > 2 else 60
KILL_EVERY = min(60, MINUTES * 60 / 6)  # Seconds.
SAMPLE_AT = 0.8  # Of the time between two kills: a life's roles are of one age then.
LEASES_OF_A_WORKER = 8
MOST_GROWTH = 0.1  # Of memory, from the first third of the samples to the last.


def memory(pid):
    """Resident bytes of a process, those it shares left out: tables are in every process that maps them."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Private_"))


def sample(job):
    supervisor = job.process.pid
    sizes = {"supervisor": (memory(supervisor), len(os.listdir(f"/proc/{supervisor}/fd")))}
    for role in ("coordinator", "server", "worker"):
        pids = job.pids(role)
        sizes[role] = (sum(map(memory, pids)), sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids))
    return sizes


def runtime_folders(job):
    """Where mpirun keeps its segments and sockets: named after the supervisor."""
    return [name for name in os.listdir("/dev/shm") if name.startswith(f"shoal-{job.process.pid}-")]


def soak(job):
    draw, samples, kills = random.Random(11), [], 0
    end = time.monotonic() + MINUTES * 60
    while time.monotonic() + KILL_EVERY <= end:
        kill_at = time.monotonic() + KILL_EVERY
        time.sleep(SAMPLE_AT * KILL_EVERY)
        try:
            samples.append(sample(job))
        except OSError:
            pass  # A role ended between two looks.
        time.sleep(max(0, kill_at - time.monotonic()))
        if job.process.poll() is not None:
            sys.exit(f"the job ended:\n{job.said()}")
        pids = job.pids(draw.choice(list(ROLES)))
        if pids:
            os.kill(draw.choice(pids), signal.SIGKILL)
            kills += 1
    return samples, kills


def growth(samples, who, what):
    values = [each[who][what] for each in samples]
    third = max(1, len(values) // 3)
    return statistics.median(values[:third]), statistics.median(values[-third:])


def main():
    job = Job("--epochs", "100000", "--workers", "2", "--servers", "2", "--dim", "16", "--quiet",
              "--set", "checkpoint.interval_seconds=5", "--set", "max_restarts=1000", words=2000, sentences=500000)
    mistakes = []
    try:
        job.start()
        job.wait_for_event("checkpoint", 1)
        samples, kills = soak(job)
        job.process.send_signal(signal.SIGTERM)
        if job.process.wait(60) != 3:
            mistakes.append(f"exit code {job.process.returncode} after SIGTERM, expected 3")
        history = History().read(os.path.join(job.output, "units.jsonl"))
        # Stopped on its way, it leaves out what workers held and had not begun.
        lost = history.lost(max(history.done) + 1)
        if history.doubled or len(lost) > 2 * LEASES_OF_A_WORKER:
            mistakes.append(f"{len(history.doubled)} units trained twice, {len(lost)} left out")
        print(f"{MINUTES:.0f} minutes, {kills} kills, {history.lives} lives, {history.trained} units trained, "
              f"{len(history.doubled)} of them twice in the history, {len(lost)} left for the next life")
        for who in samples[0]:
            (bytes_early, bytes_late), (files_early, files_late) = growth(samples, who, 0), growth(samples, who, 1)
            print(f"{who}: {bytes_early / 1e6:.1f} MB of its own early, {bytes_late / 1e6:.1f} MB late; "
                  f"{files_early:.0f} files early, {files_late:.0f} late")
            if bytes_late > (1 + MOST_GROWTH) * bytes_early + 1e6 or files_late > files_early + 1:
                mistakes.append(f"{who} grows")
        left = [*map(str, job.pids()), *runtime_folders(job)]
        print(f"left behind: {left or 'nothing'}")
        if left:
            mistakes.append("processes or shared memory are left behind")
    finally:
        job.end()
    sys.exit("\n".join(mistakes) or 0)


if __name__ == "__main__":
    main()
