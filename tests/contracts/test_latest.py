"""The mailbox that every hand-off between threads rests on, under real threads."""

import threading
import time

from handcam.mailbox import Latest


def test_a_fast_producer_and_a_slow_consumer() -> None:
    """Newest wins: what is taken is in order and young, and taken plus dropped is all there was."""
    box: Latest[int] = Latest()
    count, taken, behind = 400, [], []
    put = 0

    def produce() -> None:
        nonlocal put
        for n in range(count):
            put = n
            box.put(n)
            time.sleep(0.0005)
        box.close()

    thread = threading.Thread(target=produce)
    thread.start()
    while (item := box.take(1.0)) is not None:
        behind.append(put - item)
        taken.append(item)
        time.sleep(0.005)
    thread.join()
    assert taken == sorted(set(taken))
    assert taken[-1] == count - 1, "the last value is never lost"
    assert len(taken) + box.dropped == count
    assert sorted(behind)[len(behind) // 2] <= 10, "values grow old in the mailbox"


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
    thread = threading.Thread(target=lambda: [box.put(n) for n in range(1000)], daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "nobody takes, and the producer hangs"
    assert (box.take(), box.dropped) == (999, 999)
