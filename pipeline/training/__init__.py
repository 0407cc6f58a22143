"""Training: one loop for fine-tuning and for the verifier, under Ray Train and DeepSpeed.

    fine_tune, train_verifier   the two entries, each with its objective in target_loss, pair_loss
    settings, examples, types   what is trained, on what; what flows through the loop, and the report
    ray_train -> loop           a training's checks and workers; then on every rank batches, collate, zero, progress
    stored                      examples in files: rows read as a stream, tokens mapped into memory
    adapters                    what is trained beside a model that stays as it is
    frozen                      instead of the loop where only the head is trained
    states                      of a training that goes on, saved now and then, from which a killed one goes on

To add a loss for the verifier: a row of pipeline.config.losses. To train something new: an `Objective` and an entry.
May import actors, and of the pipeline cluster, trackers, config and errors. Weights depend on the settings and the data
alone, not on workers or micro-batches, nor on how often the training was killed.
"""
