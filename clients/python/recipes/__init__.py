"""Well-known patterns over FoundationDB's Python package.

Select the API version before importing one: each uses fdb.transactional when it is defined.
"""
