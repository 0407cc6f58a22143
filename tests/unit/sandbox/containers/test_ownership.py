"""Whose containers may be removed."""

from sandbox.containers.ownership import NAMESPACE, OWNER, is_dead, owner_labels


def test_an_owner_is_dead_only_if_that_is_certain() -> None:
    alive = owner_labels()
    boot, pid, started = alive[OWNER].split(":")
    assert not is_dead(alive)
    assert is_dead({**alive, OWNER: f"{boot}:{pid}:{int(started) + 1}"})  # its number was used again
    assert is_dead({**alive, OWNER: f"{boot}:{2**22 + 5}:1"})
    assert not is_dead({**alive, OWNER: f"other:{2**22 + 5}:1"})
    assert not is_dead({**alive, OWNER: f"{boot}:{2**22 + 5}:1", NAMESPACE: "pid:[1]"})
    assert not is_dead({OWNER: "nonsense"})
