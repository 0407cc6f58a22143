"""A run that needs the machine alone has it alone, and is not overtaken."""

import threading

from sandbox.pool.machine_lock import MachineLock

WAIT_S = 5


def test_the_exclusive_lock_waits_for_all_and_stops_newcomers() -> None:
    lock, order = MachineLock(), []
    inside, leave, waiting = threading.Event(), threading.Event(), threading.Event()

    def share() -> None:
        with lock.shared():
            inside.set()
            leave.wait(WAIT_S)
            order.append("shared")

    def exclude() -> None:
        waiting.set()
        with lock.exclusive():
            order.append("exclusive")

    def come_late() -> None:
        with lock.shared():
            order.append("late")

    first, second, third = (threading.Thread(target=target) for target in (share, exclude, come_late))
    first.start()
    assert inside.wait(WAIT_S)
    second.start()
    assert waiting.wait(WAIT_S)
    while lock._exclusive == 0:  # it waits now
        pass
    third.start()
    assert order == []
    leave.set()
    for thread in (first, second, third):
        thread.join(WAIT_S)
    assert order == ["shared", "exclusive", "late"]


def test_shared_holders_run_side_by_side() -> None:
    lock = MachineLock()
    with lock.shared(), lock.shared():
        pass
    with lock.exclusive():
        pass
