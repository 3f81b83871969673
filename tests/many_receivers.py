"""A program of many receivers, one of them stuck: counts what arrives and how old it is. Used by the load test.

``python many_receivers.py PROTOCOL COUNT SECONDS PORT [PORT ...]`` prints ``ready``, then one line of JSON.
"""

import asyncio
import json
import re
import selectors
import socket
import struct
import sys
import time

HEAD = re.compile(rb'"time_ns":(\d+),"device_time_ns":[^,]*,"sequence":(\d+)')


class Tally:
    """What each receiver got."""

    def __init__(self, count: int) -> None:
        self.heard = [0] * count
        self.ages_ms: list[float] = []

    def note(self, receiver: int, data: bytes) -> None:
        now = time.perf_counter_ns()
        self.heard[receiver] += 1
        if data[:1] == b"{":
            found = HEAD.search(data, 0, 300)
            then = int(found[1])
        else:  # an OSC bundle that begins with /handcam/frame
            at = data.index(b",ihii\0\0\0") + 8
            then = struct.unpack_from(">q", data, at + 4)[0]
        self.ages_ms.append((now - then) / 1e6)

    def report(self) -> str:
        return json.dumps({"heard": self.heard, "ages_ms": sorted(self.ages_ms)})


def datagrams(tally: Tally, count: int, seconds: float, ports: list[int]) -> None:
    selector = selectors.DefaultSelector()
    opened = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in ports]
    for i, (receiver, port) in enumerate(zip(opened, ports, strict=True)):
        receiver.bind(("127.0.0.1", port))
        if i:  # the first is stuck
            selector.register(receiver, selectors.EVENT_READ, i)
    print("ready", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in selector.select(0.05):
            tally.note(key.data, key.fileobj.recv(65536))


def subscribers(tally: Tally, count: int, seconds: float, ports: list[int]) -> None:
    import zmq

    context, poller, numbers = zmq.Context(), zmq.Poller(), {}
    for i in range(count):
        receiver = context.socket(zmq.SUB)
        receiver.setsockopt(zmq.RCVHWM, 1 if i == 0 else 4)
        receiver.connect(f"tcp://127.0.0.1:{ports[0]}")
        receiver.subscribe("hands")
        numbers[receiver] = i
        if i:
            poller.register(receiver, zmq.POLLIN)
    time.sleep(0.5)
    print("ready", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for receiver, _ in poller.poll(50):
            tally.note(numbers[receiver], receiver.recv_multipart()[1])
    context.destroy(linger=0)


async def clients(tally: Tally, count: int, seconds: float, ports: list[int]) -> None:
    from websockets.asyncio.client import connect

    stuck = socket.create_connection(("127.0.0.1", ports[0]))
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.sendall(
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    ready = asyncio.Semaphore(0)

    async def listen(i: int) -> None:
        async with connect(f"ws://127.0.0.1:{ports[0]}", compression=None) as client:
            ready.release()
            async for text in client:
                tally.note(i, text.encode())

    tasks = [asyncio.create_task(listen(i)) for i in range(1, count)]
    for _ in tasks:
        await ready.acquire()
    print("ready", flush=True)
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    stuck.close()


def main() -> None:
    protocol, count, seconds, ports = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), list(map(int, sys.argv[4:]))
    tally = Tally(count)
    if protocol == "websocket":
        asyncio.run(clients(tally, count, seconds, ports))
    else:
        (subscribers if protocol == "zmq" else datagrams)(tally, count, seconds, ports)
    print(tally.report(), flush=True)


if __name__ == "__main__":
    main()
