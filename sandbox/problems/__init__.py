"""Problems: data sets by name, files of one's own, and which problems cannot be judged.

May import judging (a problem is planned when it is read, so that a bad one is refused by file and line) and the rooms
below. Another data set is one `DataSetLoader`: in a file here and listed in `load.ROWS`, or in any package that can be
imported, named `package.module:ROW`. docs/datasets.md lists the rows.
"""
