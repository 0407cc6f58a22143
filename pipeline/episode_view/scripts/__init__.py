"""The scripts of the page of episodes, which run in a browser; `page` writes them as one file."""
