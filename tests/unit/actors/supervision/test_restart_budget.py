"""Restarts are a rate: wear goes on for days, a crash loop ends."""

from actors.supervision.restart_budget import IN_A_ROW, PER_HOUR, RestartBudget


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def losses(seconds_between: float, finished: bool, most: int = 1000) -> tuple[int, str]:
    """How many losses are made good, of at most `most`, and why not more."""
    clock = Clock()
    budget = RestartBudget(clock)
    for count in range(most):
        if why := budget.spend(finished):
            return count, why
        clock.now += seconds_between
    return most, ""


def test_a_worker_that_is_lost_now_and_then_goes_on_for_ever() -> None:
    assert losses(3600 / PER_HOUR + 1, finished=True) == (1000, "")


def test_one_that_works_and_is_lost_too_often_is_given_up_within_the_hour() -> None:
    assert losses(600, finished=True) == (PER_HOUR, f"{PER_HOUR + 1} times within an hour")


def test_one_that_fails_at_once_and_always_is_given_up_however_long_its_starts_take() -> None:
    for seconds in (1.0, 7200.0):
        count, why = losses(seconds, finished=False)
        assert count == IN_A_ROW - 1 and why.startswith(f"{IN_A_ROW} times in a row without having finished anything")


def test_something_finished_in_between_begins_a_new_row() -> None:
    clock = Clock()
    budget = RestartBudget(clock)
    for finished in (False, False, True, False):
        assert budget.spend(finished) == ""
        clock.now += 3600
    assert "3 times in a row" in budget.spend(False)


def test_losses_whose_node_turns_out_to_be_dead_cost_nothing() -> None:
    budget, alive = RestartBudget(Clock()), {"a", "b"}
    assert [budget.spend(False, "a", alive) for _ in range(2)] == ["", ""]
    assert "3 times in a row" in budget.spend(False, "b", alive)
    assert budget.overdrawn({"b"}) == "" and budget.overdrawn(alive)
