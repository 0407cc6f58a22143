"""Sampling from a policy.

`engine` is the protocol, `open` chooses the form, `vllm_base` holds what the two forms share (`vllm_in_process`,
`vllm_async`), `weights` checks that the loaded weights are the checkpoint's. For that, `worker_extension` runs inside
vLLM's workers, and `shards` tells which part of the `checkpoint_tensors` a rank holds. Imports prompting and storage.
To add an engine, write a class with the methods of `engine.Engine` and a case in `open`.
"""
