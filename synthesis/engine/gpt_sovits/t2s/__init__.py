"""The first stage: phones (and BERT features) to semantic tokens, 25 per second."""
