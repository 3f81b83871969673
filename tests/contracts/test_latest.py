"""The mailbox that every hand-off between threads rests on, under real threads."""

import threading
import time

from handcam.latest import Latest


def test_a_fast_producer_and_a_slow_consumer() -> None:
    """Newest wins: what is taken is in order and young, and taken plus dropped is all there was."""
    box: Latest[tuple[int, float]] = Latest()
    count, taken, ages = 400, [], []

    def produce() -> None:
        for n in range(count):
            box.put((n, time.perf_counter()))
            time.sleep(0.0005)
        box.close()

    thread = threading.Thread(target=produce)
    thread.start()
    while (item := box.take(1.0)) is not None:
        taken.append(item[0])
        ages.append(time.perf_counter() - item[1])
        time.sleep(0.005)
    thread.join()
    assert taken == sorted(set(taken))
    assert taken[-1] == count - 1, "the last value is never lost"
    assert len(taken) + box.dropped == count
    assert sorted(ages)[len(ages) // 2] < 0.05, "values grow old in the mailbox"


def test_many_producers_and_consumers_lose_and_double_nothing() -> None:
    box: Latest[int] = Latest()
    taken: list[int] = []
    lock = threading.Lock()

    def consume() -> None:
        while (value := box.take(1.0)) is not None:
            with lock:
                taken.append(value)

    def produce(start: int) -> None:
        for n in range(200):
            box.put(start + n)

    consumers = [threading.Thread(target=consume) for _ in range(3)]
    producers = [threading.Thread(target=produce, args=(1 + 1000 * k,)) for k in range(3)]
    for thread in consumers + producers:
        thread.start()
    for thread in producers:
        thread.join()
    box.close()
    for thread in consumers:
        thread.join(5)
        assert not thread.is_alive(), "close wakes every waiter"
    assert len(taken) == len(set(taken))
    assert len(taken) + box.dropped == 600


def test_put_never_waits_for_a_consumer() -> None:
    box: Latest[int] = Latest()
    start = time.perf_counter()
    for n in range(10_000):
        box.put(n)
    assert time.perf_counter() - start < 1.0
    assert box.take() == 9_999
