"""Import time: the domain, an instrument and the command, beside Python's own start.

Run: python benchmarks/imports.py
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 7
MODULES = ("bgp", "widgets", "locrib.bestpath", "locrib.cli")


def seconds(code: str) -> float:
    """Wall time of a fresh interpreter running the code: the median of a few."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Print a table: milliseconds, and the ratio to a bare interpreter."""
    bare = seconds("pass")
    print(f"{'python -c pass':24}{bare * 1000:>8.0f} ms")
    for module in MODULES:
        taken = seconds(f"import {module}")
        print(f"{'import ' + module:24}{taken * 1000:>8.0f} ms  {taken / bare:>5.1f}x")


if __name__ == "__main__":
    main()
