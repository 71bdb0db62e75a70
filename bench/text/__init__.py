"""The front end of GPT-SoVITS against upstream's output."""
