"""随便聊的群众：打断、改口、重发、掉线，说什么都有回话，没点头不建单，建了的单都在。"""

from benchmarks.simulated_citizens import simulate


def test_citizens_who_wander_off_correct_themselves_and_lose_the_line_are_all_served(hotline):
    key = hotline.command("keys", "add", "simulated-agent").strip()

    figures = simulate(hotline, key, conversations=12, at_once=4, seed=20260312, every=None)

    assert figures["broken"] == []
    assert figures["turns"] > 50
    assert figures["tickets_told"] > 0
