"""Each route answers 99 of 100 requests within 20 ms, one at a time, with a million sessions."""
import os
import random

import pytest
from routes import READS

REQUESTS = int(os.environ.get("FOCAL_SCALE_REQUESTS") or 500)
P99_MILLISECONDS_MAX = 20.0


#: Another round where one was too slow: a slow minute of the machine is not the route's.
ROUNDS_MAX = 3


def milliseconds_of_a_round(request_of, readers, words):
    """The sorted milliseconds of a round."""
    took = []
    while len(took) < REQUESTS:
        reader = random.choice(readers)
        request = request_of(reader, words)
        if request is None:  # This one has nothing of the kind.
            continue
        method, path, body, then = request
        answer, milliseconds = reader.ask(method, path, body)
        if then:
            then(answer)
        took.append(milliseconds)
    return sorted(took)


@pytest.mark.parametrize("name", READS)
def test_a_route_at_scale(name, readers, words, measured):
    random.seed(7)
    for _ in range(ROUNDS_MAX):
        took = milliseconds_of_a_round(READS[name], readers, words)
        p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
        measured(name).setdefault("rounds", []).append((p50, p99))
        print(f"{name}: p50 {p50:.2f} ms, p99 {p99:.2f} ms, longest {took[-1]:.2f} ms")
        if p99 < P99_MILLISECONDS_MAX:
            return
    assert p99 < P99_MILLISECONDS_MAX
