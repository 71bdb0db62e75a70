"""The second stage: semantic tokens, phones and a style vector to 32 kHz audio (a VITS without its duration model)."""
