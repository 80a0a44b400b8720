"""A service in a process of its own, so that it takes no time of what is measured: `python -m tests.bench.service`.

Reads `COUNT LATENCY` from its arguments, prints one JSON object (`url`, `logins`: token answers), ends with its stdin.
"""

from __future__ import annotations

import json
import sys
import time

from tui.simulator.server import Simulator


def main() -> None:
    """Serve until stdin ends; then print how many refresh tokens came twice."""
    count, latency = int(sys.argv[1]), float(sys.argv[2])
    simulator = Simulator(latency=latency, algorithm="HS256")
    logins = []
    for number in range(count):
        email = f"person{number:04}@example.com"
        simulator.people.add(email)
        logins.append(simulator.sign_in(email, issued_at=time.time() - 9 * 86_400))
    with simulator:
        print(json.dumps({"url": simulator.url, "logins": logins}), flush=True)
        sys.stdin.read()
    print(simulator.reused, flush=True)


if __name__ == "__main__":
    main()
