"""How many requests the service answers, how fast, and what it costs beside the bare reader.

    python benchmarks/service.py [--quick] [--requests N] [--memory-requests N] [--workers N]

Starts `digit-ocr serve` on a loopback port and asks it from 1, 8 and 32 clients that keep their
connections; then a long run that watches the service's memory; then the same reader in this
process with as many threads, without HTTP. The clients run on the same cores as the service.
Writes `benchmarks/results/service.json`.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

import digit_ocr

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results" / "service.json"
PAGE = ROOT / "src/digit_ocr/service/static/samples/list.jpg"
CLIENTS = (1, 8, 32)
START_SECONDS = 120.0
MEMORY_SAMPLES = 20


@dataclass
class Load:
    """What one run of clients saw; `seconds` holds the latency of each answered request."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    wall_seconds: float = 0.0

    def summary(self) -> dict[str, Any]:
        """Return rate, latency in milliseconds, and what was not answered with 200."""
        answered = len(self.seconds)
        p50, p99 = np.percentile(self.seconds, [50, 99]) * 1000 if answered else (0.0, 0.0)
        return {
            "requests": sum(self.statuses.values()),
            "requests_per_second": round(answered / self.wall_seconds, 1),
            "p50_ms": round(float(p50), 1),
            "p99_ms": round(float(p99), 1),
            "errors": sum(count for status, count in self.statuses.items() if status != "200"),
            "statuses": dict(self.statuses),
        }


def drawn_seven() -> bytes:
    """Return the PNG of a 7 as the page's drawing sheet sends it, 140 by 140 pixels."""
    image = Image.new("L", (140, 140), 255)
    ImageDraw.Draw(image).line([(40, 30), (100, 30), (64, 118)], fill=0, width=11, joint="curve")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


@contextmanager
def running_service(workers: int, queue_size: int) -> Iterator[tuple[str, int]]:
    """Start the service; give its HOST:PORT and process id once the models are loaded."""
    command = [sys.executable, "-m", "digit_ocr", "serve", "--port", "0"]
    command += ["--workers", str(workers), "--queue-size", str(queue_size)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address, ready = "", False
        for line in process.stderr:
            entry = json.loads(line) if line.startswith("{") else {}
            address = entry.get("address", address).removeprefix("http://")
            ready = ready or entry.get("event") == "ready"
            if address and ready:
                break
        else:
            raise SystemExit(f"the service did not start; exit code {process.wait()}")
        # Its log must be read, or the service stops when the pipe is full.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield address, process.pid
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def ask(
    address: str,
    path: str,
    picture: bytes,
    clients: int,
    requests: int,
    watch: Callable[[int], None] = lambda done: None,
) -> Load:
    """Send `requests` in all from so many clients, each waiting for its answer before the next."""
    load, lock, started = Load(), threading.Lock(), 0

    def next_request() -> bool:
        nonlocal started
        with lock:
            started += 1
            return started <= requests

    def client() -> None:
        connection = http.client.HTTPConnection(address, timeout=60)
        while next_request():
            begun = time.perf_counter()
            try:
                connection.request("POST", path, picture)
                response = connection.getresponse()
                response.read()
                status = str(response.status)
            except OSError as error:
                connection.close()
                status = type(error).__name__
            taken = time.perf_counter() - begun
            with lock:
                load.statuses[status] += 1
                if status == "200":
                    load.seconds.append(taken)
                done = sum(load.statuses.values())
            watch(done)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.wall_seconds = time.perf_counter() - begun
    return load


def memory_run(address: str, pid: int, picture: bytes, requests: int) -> dict[str, Any]:
    """Return the service's resident megabytes while it answers so many requests."""
    samples: list[float] = []

    def watch(done: int) -> None:
        if done % max(1, requests // MEMORY_SAMPLES) == 0:
            samples.append(resident_mb(pid))

    load = ask(address, "/v1/predict", picture, 8, requests, watch)
    # The first fifth fills pools and caches; growth is counted after it.
    settled = samples[len(samples) // 5 :]
    return {
        **load.summary(),
        "resident_mb": samples,
        "growth_mb": round(settled[-1] - settled[0], 1),
    }


def resident_mb(pid: int) -> float:
    """Return the process's resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def in_process(
    call: Callable[[bytes], Any], picture: bytes, workers: int, pictures: int
) -> dict[str, float]:
    """Return pictures a second of the bare reader, and how long one takes alone."""
    call(picture)
    begun = time.perf_counter()
    for _ in range(max(1, pictures // 4)):
        call(picture)
    alone = (time.perf_counter() - begun) / max(1, pictures // 4)
    with ThreadPoolExecutor(workers) as pool:
        begun = time.perf_counter()
        for _ in pool.map(call, [picture] * pictures):
            pass
        seconds = time.perf_counter() - begun
    return {"pictures_per_second": round(pictures / seconds, 1), "alone_ms": round(alone * 1000, 2)}


def batching(reader: Any, picture: bytes, predict_ms: float) -> dict[str, float]:
    """Return what the network takes of a prediction, and what a batch of eight would save."""
    images = np.zeros((8, 28, 28), np.float32)
    images[:, 6:22, 12:16] = 1.0

    def milliseconds(count: int) -> float:
        reader.digit_reader.classify(images[:count])
        begun = time.perf_counter()
        for _ in range(100):
            reader.digit_reader.classify(images[:count])
        return (time.perf_counter() - begun) * 10

    single, eight = milliseconds(1), milliseconds(8)
    return {
        "network_ms": round(single, 3),
        "network_in_batch_of_8_ms": round(eight / 8, 3),
        "saving_share_of_predict": round((single - eight / 8) / predict_ms, 3),
    }


def main() -> None:
    """Measure and print; write the figures unless `--quick`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a minute; writes nothing")
    parser.add_argument("--requests", type=int, default=2000, help="for each number of clients")
    parser.add_argument("--memory-requests", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.requests, chosen.memory_requests = 200, 1000

    seven, page = drawn_seven(), PAGE.read_bytes()
    doors = {"predict": ("/v1/predict", seven, 1), "read": ("/v1/read", page, 10)}
    result: dict[str, Any] = {
        "machine": {"cpus": os.cpu_count(), "platform": platform.platform(terse=True)},
        "workers": chosen.workers,
        "service": {},
    }
    with running_service(chosen.workers, queue_size=64) as (address, pid):
        for name, (path, picture, divisor) in doors.items():
            result["service"][name] = {}
            for clients in CLIENTS:
                count = max(2 * clients, chosen.requests // divisor)
                measured = ask(address, path, picture, clients, count).summary()
                result["service"][name][str(clients)] = measured
                print(f"{name:8} {clients:3} clients  {line(measured)}", flush=True)
        result["memory"] = memory_run(address, pid, seven, chosen.memory_requests)
        memory = result["memory"]
        print(
            f"memory   {memory['requests']:,} requests: {memory['resident_mb'][-1]:.0f} MB, "
            f"{memory['growth_mb']:+.1f} MB after the first fifth, {memory['errors']} errors"
        )

    reader = digit_ocr.load_reader(threads=1)
    result["in_process"], result["ratio"] = {}, {}
    for name, call in (("predict", reader.predict), ("read", reader.read)):
        _, picture, divisor = doors[name]
        bare = in_process(call, picture, chosen.workers, max(8, chosen.requests // divisor))
        best = max(row["requests_per_second"] for row in result["service"][name].values())
        result["in_process"][name] = bare
        result["ratio"][name] = round(best / bare["pictures_per_second"], 2)
        print(
            f"{name:8} bare reader, {chosen.workers} threads: {bare['pictures_per_second']:.1f} "
            f"a second, alone {bare['alone_ms']:.1f} ms; the service reaches "
            f"{result['ratio'][name]:.0%} of that"
        )
    result["batching"] = batching(reader, seven, result["in_process"]["predict"]["alone_ms"])
    print(
        f"batching would save {result['batching']['saving_share_of_predict']:.1%} of a prediction"
    )
    if not chosen.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def line(measured: dict[str, Any]) -> str:
    """Return one row of the printed table."""
    return (
        f"{measured['requests_per_second']:8.1f} requests/s  p50 {measured['p50_ms']:7.1f} ms  "
        f"p99 {measured['p99_ms']:7.1f} ms  {measured['errors']} errors of {measured['requests']}"
    )


if __name__ == "__main__":
    main()
