"""The only importer of ``cryptography``: canonical bytes, signatures, sealing, key derivation.

No module here knows Django. Every operation that can fail raises; none returns a truth value that a caller could
forget to read.
"""
