"""Serving a model: vLLM's own server, or an endpoint whose answers are chosen among N by tests and a verifier.

May import `export`, `preflight`, `sizing`, `config` and what lies below them, and the actors. `models` finds what is
served, `vllm_command` is vLLM's server in one command line. The endpoint: `request`, `problem` and `plan` read what is
asked, `backend` searches with the engine, boxes and scorer of the actors, `limits` and `places` bound how much, `gate`
who may ask, `answer` and `api_error` are what comes back, `app` puts them together, `server` runs it.
"""
