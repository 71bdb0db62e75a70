"""GPT-SoVITS in our own PyTorch: checkpoints, token model, vocoder, feature extractors.

Importing this package loads no torch; the modules that compute do.
"""
