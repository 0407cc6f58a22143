"""mucode's pipeline: what an iteration is, the order it runs in, and the command line.

Rooms, from top to bottom; each may import those below it, and `actors` and `sandbox`:

    cli, commands   the command line: one file per sub-command
    study           many runs compared: hypotheses, tables, report
    preflight       what would stop a command, and what it will cost
    model_files     model directories: made of GGUF files, checked by their files
    report          results and report.html of a run directory
    iteration       one iteration of expert iteration, on one screen
    stages          what an iteration consists of: one row per stage
    training        fine-tuning and verifier training with Ray Train and DeepSpeed
    evaluation      metrics, intervals, searches as records
    state           run directory, manifests, resume, plug-ins of a run
    cluster         Ray, resources, actor groups
    config          settings, their presets and files
    trackers        who is told what happens
    methods         strategies: which answers are trained on
    embedded        the built-in model and settings
    errors          errors that explain themselves
"""
