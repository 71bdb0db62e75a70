"""Speed of the GPT-SoVITS engine on full-width random weights, against a plain eager port in the same run."""
