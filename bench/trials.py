"""The trials of bench/words. Each takes a Bench, returns its figures for the JSON, and adds bars to the bench."""

import dataclasses
import hashlib
import json
import os
import signal
import statistics
import subprocess
import time

import meter
import text
import word_quality
from contestants import ROOT, Peer, Settings, Shoal, event, prepare_tokens

BLOCKS = {" block 2x5": (2, 5), " block 4x8": (4, 8)}
# Times gensim, by dim: one worker by CPU, two by wall, the better block by CPU.
SPEED_BOUNDS = {100: (14, 14, 18), 300: (9, 9.5, 12.5)}
IDLE_SECONDS = 10
ZIPF_TYPES, ZIPF_TOKENS, ZIPF_DIM = 2_000_000, 10_000_000, 128
STATE_BAR_BYTES = 300e6
# A cache line takes longer than this only between cores that share no last-level cache.
FAR_NANOSECONDS = 120


@dataclasses.dataclass
class Bar:
    name: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def passed(self):
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclasses.dataclass
class Bench:
    text: text.Text
    tests: str  # Folder of word similarity and analogy files.
    folder: str
    dims: list
    runs: int
    epochs: int
    peer_epochs: int
    seeds: list
    peers: list
    bars: list = dataclasses.field(default_factory=list)

    def bar(self, name, value, bound, at_least=True):
        self.bars.append(Bar(name, value, bound, at_least))

    def say(self, line):
        print(f"[{time.strftime('%H:%M:%S')}] {line}", flush=True)


def block_options(centres, negatives):
    return ["--set", f"objective.skip_gram.block.centres={centres}",
            "--set", f"objective.skip_gram.block.negatives={negatives}"]


def interleaved(bench, contestants, text_, runs, folder):
    """{name: [outcome of each run]}. In each round everyone runs once, so that a busy neighbour hits all alike."""
    outcomes = {contestant.name: [] for contestant, _ in contestants}
    for round_ in range(runs):
        for contestant, settings in contestants:
            outcome = contestant.train(text_, settings, folder)
            outcomes[contestant.name].append(outcome)
            bench.say(f"{contestant.name}, dim {settings.dim}, run {round_ + 1}: "
                      f"{outcome.words_per_cpu_second / 1e6:.3f} M words per CPU-second, "
                      f"{outcome.words_per_second / 1e6:.3f} M words/s, {outcome.peak_bytes / 1e6:.0f} MB")
    return outcomes


def median(outcomes, measure):
    return statistics.median(getattr(outcome, measure) for outcome in outcomes)


def ratio(ours, theirs, measure):
    """Median of the rounds' ratios: what both suffered in one round cancels."""
    return statistics.median(getattr(a, measure) / getattr(b, measure) for a, b in zip(ours, theirs))


def summary(outcomes):
    return {name: {"words_per_cpu_second": median(runs, "words_per_cpu_second"),
                   "words_per_second": median(runs, "words_per_second"),
                   "peak_bytes": max(run.peak_bytes for run in runs),
                   "runs": [dataclasses.asdict(run) for run in runs]} for name, runs in outcomes.items()}


def table_bytes(vectors):
    """Of both embedding tables, rows padded to 16 floats."""
    with open(vectors, "rb") as file:
        words, dim = map(int, file.readline().split())
    return 2 * words * ((dim + 15) // 16 * 16) * 4


def speed(bench):
    token_bytes = prepare_tokens(bench.text, bench.folder)
    figures = {}
    for dim in bench.dims:
        ours, theirs = Settings(dim, bench.epochs), Settings(dim, bench.peer_epochs)
        shoals = [Shoal(1, 1), Shoal(2, 2)]
        blocks = [Shoal(1, 1, block_options(*block), label) for label, block in BLOCKS.items()]
        peers = [Peer(kind, threads) for kind in bench.peers for threads in (1, 2)]
        outcomes = interleaved(bench, [(who, ours) for who in shoals + blocks] + [(who, theirs) for who in peers],
                               bench.text, bench.runs, bench.folder)
        figures[dim] = summary(outcomes)
        speed_bars(bench, dim, outcomes, [who.name for who in blocks], token_bytes)
    return figures


def speed_bars(bench, dim, outcomes, blocks, token_bytes):
    one, two = outcomes["shoal 1+1"], outcomes["shoal 2+2"]
    over_tables = max(run.peak_bytes - table_bytes(run.vectors) for run in one + two) - token_bytes
    bench.bar(f"d={dim}: MB at the peak over tables and token file", over_tables / 1e6, STATE_BAR_BYTES / 1e6, False)
    if "gensim" in bench.peers and dim in SPEED_BOUNDS:
        bounds = SPEED_BOUNDS[dim]
        gensim = outcomes["gensim 1 thread"]
        bench.bar(f"d={dim}: words per CPU-second, 1+1 to gensim's 1 thread",
                  ratio(one, gensim, "words_per_cpu_second"), bounds[0])
        bench.bar(f"d={dim}: words/s, 2+2 to gensim's 2 threads",
                  ratio(two, outcomes["gensim 2 threads"], "words_per_second"), bounds[1])
        bench.bar(f"d={dim}: words per CPU-second, block to gensim's 1 thread",
                  max(ratio(outcomes[name], gensim, "words_per_cpu_second") for name in blocks), bounds[2])


def cores():
    """What the machine's cores are to each other just now: see cores.cc."""
    return json.loads(subprocess.run([os.path.join(ROOT, "build/bin/cores_bench")], check=True, text=True,
                                     stdout=subprocess.PIPE).stdout)


def scaling(bench):
    """Short pairs of one worker and two. How far apart the cores are is measured before and after the two, since on a
    virtual machine it changes from minute to minute; pairs in which it changed count for neither bar."""
    prepare_tokens(bench.text, bench.folder)
    figures = {}
    for dim in bench.dims:
        pairs = []
        for _ in range(4 * bench.runs):
            one = Shoal(1, 1).train(bench.text, Settings(dim, 1), bench.folder)
            before = cores()
            two = Shoal(2, 2).train(bench.text, Settings(dim, 1), bench.folder)
            pairs.append({"ratio": two.words_per_second / one.words_per_second, "cores": [before, cores()],
                          "words_per_second": [one.words_per_second, two.words_per_second]})
            bench.say(f"dim {dim}: {pairs[-1]}")
        for place, apart in (("cores with one cache", False), ("cores far apart", True)):
            ratios = [pair["ratio"] for pair in pairs
                      if all((at["transfer_nanoseconds"] >= FAR_NANOSECONDS) == apart for at in pair["cores"])]
            if ratios:
                bench.bar(f"d={dim}: words/s, 2 workers to 1, {place} ({len(ratios)} pairs)",
                          statistics.median(ratios), 1.8)
        figures[dim] = pairs
    return figures


def remembered(bench, contestant, settings):
    """Figures of a peer's training: the same every day, so that only the first run of the bench pays for them."""
    key = json.dumps([contestant.name, dataclasses.asdict(settings), os.path.basename(bench.text.path),
                      bench.text.words, sorted(word_quality.FIGURES)])
    path = os.path.join(bench.folder, "peers-" + hashlib.sha256(key.encode()).hexdigest()[:16] + ".json")
    if os.path.exists(path):
        with open(path) as file:
            return json.load(file)["figures"]
    figures = word_quality.measure(contestant.train(bench.text, settings, bench.folder).vectors, bench.tests)
    with open(path, "w") as file:
        json.dump({"key": key, "figures": figures}, file)
    return figures


def mean(figures):
    return {name: statistics.mean(one[name] for one in figures) for name in word_quality.FIGURES}


def quality(bench):
    """Figures at bench.epochs by contestant: each seed's, and their mean."""
    result = {}
    for dim in bench.dims:
        by_name = {}
        contestants = [Shoal(1, 1), Shoal(2, 2)]
        contestants += [Shoal(1, 1, block_options(*block), label) for label, block in BLOCKS.items()]
        for contestant in contestants + [Peer(kind, 2) for kind in bench.peers]:
            # fastText cannot be told a seed.
            seeds = bench.seeds if getattr(contestant, "kind", "") != "fasttext" else bench.seeds[:1]
            by_name[contestant.name] = [seed_quality(bench, contestant, Settings(dim, bench.epochs, seed))
                                        for seed in seeds]
        result[dim] = {name: {"mean": mean(each), "seeds": each} for name, each in by_name.items()}
        if "gensim 2 threads" in by_name:
            quality_bars(bench, dim, result[dim])
    checked = os.path.join(bench.folder, "shoal", "vectors.bin")
    bench.bar("largest difference of shoal's evaluator from gensim's", word_quality.disagreement(checked, bench.tests),
              5e-3, at_least=False)
    return result


def seed_quality(bench, contestant, settings):
    if isinstance(contestant, Peer):
        figures = remembered(bench, contestant, settings)
    else:
        figures = word_quality.measure(contestant.train(bench.text, settings, bench.folder).vectors, bench.tests)
    bench.say(f"{contestant.name}, dim {settings.dim}, seed {settings.seed}: "
              + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    return figures


def quality_bars(bench, dim, figures):
    theirs = figures["gensim 2 threads"]["mean"]
    for name in ("shoal 1+1", "shoal 2+2"):
        for figure, value in figures[name]["mean"].items():
            slack = 0.5 if figure == "analogies" else 0.005
            bench.bar(f"d={dim}: {figure}, {name} less gensim", value - theirs[figure], -slack)


def ways(bench):
    """Two workers whose rows are mapped, travel by messages, or do so in strict determinism: in turn, by seeds, each
    run's speed beside its quality."""
    prepare_tokens(bench.text, bench.folder)
    settings = {"mapped": [], "remote": ["--set", "parameter_server.access=REMOTE"], "strict": ["--set", "determinism=STRICT"]}
    contestants = [Shoal(2, 2, extra, f" {name}") for name, extra in settings.items()]
    figures = {contestant.name: [] for contestant in contestants}
    for seed in bench.seeds:
        for contestant in contestants:
            outcome = contestant.train(bench.text, Settings(bench.dims[0], bench.epochs, seed), bench.folder)
            measured = word_quality.measure(outcome.vectors, bench.tests)
            figures[contestant.name].append({"words_per_second": outcome.words_per_second, **measured})
            bench.say(f"{contestant.name}, seed {seed}: {outcome.words_per_second / 1e6:.3f} M words/s, "
                      + ", ".join(f"{name} {value:.3f}" for name, value in measured.items()))
    return figures


def zipf(bench):
    """Training alone, as the difference between 3 epochs and 1: filling and saving 2 GB of tables are no training."""
    corpus = text.zipf(ZIPF_TYPES, ZIPF_TOKENS, bench.folder)
    prepare_tokens(corpus, bench.folder, min_count=1)
    contestants = [Shoal(1, 1), Shoal(2, 2)]
    rates = {contestant.name: [] for contestant in contestants}
    for _ in range(bench.runs):
        for contestant in contestants:
            short, long = (contestant.train(corpus, Settings(ZIPF_DIM, epochs, min_count=1), bench.folder)
                           for epochs in (1, 3))
            rates[contestant.name].append({
                "words_per_cpu_second": (long.words - short.words) / (long.cpu_seconds - short.cpu_seconds),
                "words_per_second": long.words_per_second, "peak_bytes": long.peak_bytes,
                "whole_job_words_per_cpu_second": long.words_per_cpu_second})
            bench.say(f"{contestant.name}, 2 M x 128: {rates[contestant.name][-1]}")
    one, two = rates["shoal 1+1"], rates["shoal 2+2"]
    bench.bar("2 M x 128: M words per CPU-second",
              statistics.median(run["words_per_cpu_second"] for run in one) / 1e6, 2.2)
    bench.bar("2 M x 128: words/s, 2 workers to 1",
              statistics.median(b["words_per_second"] / a["words_per_second"] for a, b in zip(one, two)), 1.9)
    return rates


def wait_for(output, name, process, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if event(output, name):
            return
        time.sleep(0.002)
    raise meter.CommandFailed(f"no event '{name}' in {output}/log.jsonl within {seconds} s")


def start_job(bench, epochs):
    """A job under way, its folder, and the seconds from the command to the first lease of its worker."""
    output = os.path.join(bench.folder, f"watched-{time.monotonic_ns()}")
    command = Shoal(1, 1).command(bench.text, Settings(bench.dims[0], epochs), output)
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(output, "training", process, seconds=60)
    except meter.CommandFailed:
        process.terminate()
        process.wait()
        raise
    return process, output, time.monotonic() - start


def stop_job(process):
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)


def startup(bench):
    prepare_tokens(bench.text, bench.folder)
    seconds = []
    for _ in range(bench.runs):
        process, _, taken = start_job(bench, epochs=1000)
        seconds.append(taken)
        stop_job(process)
    bench.bar("seconds from `shoal train words` to the first update", statistics.median(seconds), 1.5, at_least=False)
    return {"seconds_to_first_update": seconds}


def cpu_seconds_by_name(root):
    """{program: CPU seconds so far} of the processes below root."""
    ticks = os.sysconf("SC_CLK_TCK")
    seconds = {}
    for process in meter.descendants(root):
        try:
            with open(f"/proc/{process}/cmdline") as file:
                program = os.path.basename(file.read().split("\0")[0])
            with open(f"/proc/{process}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        seconds[program] = seconds.get(program, 0) + (int(fields[11]) + int(fields[12])) / ticks
    return seconds


def idle(bench):
    """A server whose rows are mapped has nothing to do, and a coordinator next to nothing, while its job trains."""
    prepare_tokens(bench.text, bench.folder)
    process, _, _ = start_job(bench, epochs=1000)
    time.sleep(2)
    before = cpu_seconds_by_name(process.pid)
    time.sleep(IDLE_SECONDS)
    after = cpu_seconds_by_name(process.pid)
    stop_job(process)
    shares = {name: 100 * (after[name] - before[name]) / IDLE_SECONDS for name in after if name in before}
    for role in ("shoal-paramserver", "shoal-coordinator"):
        bench.bar(f"% of a core, idle {role}", shares[role], 2, at_least=False)
    return {"percent_of_a_core": shares}


def metrics_cost(bench):
    """The price of metrics, by CPU time: pairs of runs with and without them, the order swapped each time."""
    prepare_tokens(bench.text, bench.folder)
    settings = Settings(bench.dims[0], bench.epochs)
    with_metrics, without = Shoal(1, 1), Shoal(1, 1, ["--set", "metrics.enabled=false"], " without metrics")
    costs = []
    for round_ in range(max(bench.runs, 3)):
        pair = {}
        for contestant in (with_metrics, without) if round_ % 2 == 0 else (without, with_metrics):
            pair[contestant.name] = contestant.train(bench.text, settings, bench.folder).words_per_cpu_second
        costs.append(100 * (1 - pair[with_metrics.name] / pair[without.name]))
        bench.say(f"metrics cost {costs[-1]:.2f} %")
    bench.bar("% of words per CPU-second that metrics cost", statistics.median(costs), 1, at_least=False)
    return {"percent": costs}


TRIALS = {"speed": speed, "scaling": scaling, "quality": quality, "ways": ways, "zipf": zipf, "startup": startup,
          "idle": idle, "metrics": metrics_cost}
