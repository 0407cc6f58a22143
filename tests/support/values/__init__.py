"""Values of every kind that crosses between boxes: `recipes` writes them as Python, `sameness` compares two of them,
`changes` changes one in place. The last two also run inside boxes, by their text."""
