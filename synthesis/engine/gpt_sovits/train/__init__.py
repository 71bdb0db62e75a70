"""Fine-tuning on an owner's recordings."""
