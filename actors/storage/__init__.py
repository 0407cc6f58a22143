"""Files of runs and checkpoints, on a disk or in an object store.

`run_storage` is the protocol and the way in, `filesystem` the implementation for disks, `object_store` the one for S3
(with `address`, `range_file` and `store_errors`), `parquet` and `parts` read and commit rows, `checkpoint` saves and
fetches Hugging Face directories, `tensor_headers` reads what their files hold, `reach` finds out before any work
whether a place answers and takes files. Imports nothing of the other rooms. To
add a backend, write a class with the methods of `run_storage.RunStorage` and enter it into `BACKENDS`.
"""
