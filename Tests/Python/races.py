"""Many at the same time."""
import threading
from concurrent.futures import ThreadPoolExecutor

from focal import client


def at_once(count, call):
    """What `call(http)` gives `count` clients that all start together."""
    start = threading.Barrier(count)

    def run(_):
        http = client()
        http.get("/health")
        start.wait()
        return call(http)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
