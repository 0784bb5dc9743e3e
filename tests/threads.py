"""Work done at once: every thread has a connection of its own and starts when all are ready."""

import threading
from collections.abc import Callable


def in_threads(work: Callable[[int], object], count: int) -> list:
    """What each of `count` threads returned, or the exception that it raised."""
    results: list = [None] * count
    barrier = threading.Barrier(count)

    def run(index: int) -> None:
        from django.db import connection

        barrier.wait()
        try:
            results[index] = work(index)
        except Exception as error:  # noqa: BLE001 - handed to the test
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
