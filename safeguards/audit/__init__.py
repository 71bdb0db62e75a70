"""The append-only log: a Merkle tree over canonical records, with signed checkpoints and a verifier that needs none of
the rest.

Nothing is imported here: ``safeguards.audit.verify`` must load with the standard library and ``cryptography`` alone.
"""
