"""How long a citizen waits for each kind of message: one citizen after another against a running hotline.

    hotline serve &
    python benchmarks/turn_latency.py [http://127.0.0.1:8000] [rounds]

Prints the median and the 95th percentile in milliseconds over all rounds: whole turns over HTTP.
"""

import statistics
import sys
import time
from collections import defaultdict

import httpx

TALK = (
    ("greeting", "你好"),
    ("policy question", "临时救助怎么申请"),
    ("request opened", "我要登记求助，家里着火房子烧光了"),
    ("place", "邵阳市洞口县高沙镇"),
    ("whom", "就是我自己，我叫石海"),
    ("question inside the form", "低保是怎么审批的？"),
    ("phone", "13700000001"),
    ("confirmed: ticket filed", "确认"),
    ("progress", "我的工单办到哪一步了"),
)


def main(base_url: str, rounds: int) -> None:
    took: defaultdict[str, list[float]] = defaultdict(list)
    with httpx.Client(base_url=base_url, timeout=30) as http:
        for _ in range(rounds):
            opened = http.post("/v1/conversations", json={}).raise_for_status().json()
            headers = {"Authorization": f"Bearer {opened['token']}"}
            for kind, text in TALK:
                started = time.perf_counter()
                url = f"/v1/conversations/{opened['conversation_id']}/messages"
                http.post(url, json={"text": text}, headers=headers).raise_for_status()
                took[kind].append((time.perf_counter() - started) * 1000)
    took["all"] = [each for kind, _ in TALK for each in took[kind]]
    for kind, times in took.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"{kind:28} p50 {statistics.median(times):6.0f} ms   p95 {p95:6.0f} ms   n {len(times)}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000", int((sys.argv[2:] or ["20"])[0]))
