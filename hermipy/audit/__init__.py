"""The coverage audit: what programs can ask of the kernel, against what the table has of it.

    targets -> jobs -> rows (worker: local processes or Dask) -> summary -> document
                                                                  -> text, JSON, CSV, page

A row is made in another process and comes back as a line of JSON, whoever ran it: so a file that
crashes the analysis costs one row, and the document is the same byte by byte however many worked
on it. engine.py is the map.
"""
