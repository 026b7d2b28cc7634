"""verdicts - whom the sketch and mailward ban in a world's log, one by one, so that they can be compared

A verdict: (seconds from the beginning of the world, address, length of the ban; None: released)."""
import evaluate
import hits
import program
import sketch
import world


def bare(prefix):
    return prefix.removesuffix("/32").removesuffix("/128")


def of_sketch(path):
    judge = sketch.Judge()
    with open(path) as log:
        for hit in hits.of(log):
            judge.hit(*hit)
    return [(t - world.START, bare(where), seconds) for t, where, seconds in judge.verdicts]


def of_mailward(path, config):
    _, events, _, errors = program.scan("-c", config, path)
    if errors:
        print(f"# {errors}")
    return [(evaluate.epoch(event["time"]) - world.START, bare(event["address"]),
             event["seconds"] if event["event"] == "ban" else None)
            for event in events if event["event"] in ("ban", "release")]
