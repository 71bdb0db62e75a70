"""The append-only log: a Merkle tree over canonical records, signed checkpoints, and a verifier that needs no other part.

Nothing is imported here: ``safeguards.audit.verify`` must load with the standard library and ``cryptography`` alone.
"""
