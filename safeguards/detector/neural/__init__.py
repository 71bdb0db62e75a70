"""Small neural vocoders of several architectures, trained here, whose copies of human speech the detector learns from."""
