"""The random generators of every rank, which dropout draws from. All ranks call these functions together."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def gather_random_states(device: "torch.device") -> list[bytes]:
    """Of every rank: the generator of its CPU, then that of its accelerator if it has one."""
    import torch
    import torch.distributed as dist

    own = _random_state(device).to(device)
    gathered = [torch.empty_like(own) for _ in range(dist.get_world_size())]
    dist.all_gather(gathered, own)
    return [bytes(state.cpu().tolist()) for state in gathered]


def restore_random_state(states: list[bytes], device: "torch.device") -> None:
    """This rank's own; a rank that there was not before, or on another kind of device, keeps the one of its seed."""
    import torch
    import torch.distributed as dist

    rank, size = dist.get_rank(), _random_state(device).numel()
    if rank >= len(states) or len(states[rank]) != size:
        return
    found = torch.tensor(list(states[rank]), dtype=torch.uint8)
    cpu = torch.get_rng_state().numel()
    torch.set_rng_state(found[:cpu])
    if device.type == "cuda":
        torch.cuda.set_rng_state(found[cpu:], device)


def _random_state(device: "torch.device") -> "Tensor":
    """(B,) uint8, on the CPU."""
    import torch

    states = [torch.get_rng_state()]
    if device.type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return torch.cat(states)
