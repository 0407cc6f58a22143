"""Training the verifier's head alone: `features` has the backbone's last states, `head` what is fitted to them.

Imports the training room beside it; `ray_train` calls `head` where the loop would train the whole model.
"""
