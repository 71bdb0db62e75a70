"""What the networks are fed with: spectra, HuBERT features, BERT features."""
