"""The supervisor of `make run`: settings, secrets, stores, processes, and the loop over them."""
