"""The state of a training that goes on, saved now and then, so that a killed one need not start again.

    named_tensors   weights and AdamW's moments by parameter name, read off a DeepSpeed engine and put back
    tensor_file     a safetensors file, written tensor by tensor
    save_times      after which steps the ranks save
    random_state    of every rank
    identity        which training a state belongs to
    saved_states    the folder on the run's storage
    training_states what the loop calls

    training_state/step-00000100/   weight.safetensors  exp_avg.safetensors  exp_avg_sq.safetensors
                                    state.json  training_steps.parquet  checkpoint.json, written last

Nothing here depends on the ZeRO stage or on the number of workers, so both may change in between. Nothing is
unpickled: a state is tensors, JSON and Parquet, compared with the checksums of its checkpoint.json before it is read.
"""
